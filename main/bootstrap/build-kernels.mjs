/**
 * Compiles the kernels of each folder below, `kernels/*.ts` (AssemblyScript), into `build/*.wasm`.
 *
 *     node main/bootstrap/build-kernels.mjs [--out DIR]
 *
 * Runs on plain Node >= 20. Does nothing when sources, compiler and flags are those of the last build.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

const common = [
  ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert'],
  // No garbage collector and no allocator: the host lays out the memory.
  ...['--runtime', 'stub', '--use', 'abort='],
  ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
  ...['--enable', 'threads', '--enable', 'simd'],
];

/** What is made of the kernels of each folder, with which flags besides. */
export const kernelFolders = {
  // For machines with and without relaxed SIMD's fused multiply-add.
  'main/compute/engines/wasm': { relaxed: ['--enable', 'relaxed-simd'], simd: [] },
  'main/formats/dictionaries': { rows: [] },
};

function stamp(kernels, builds) {
  const compiler = createRequire(import.meta.url)('assemblyscript/package.json').version;
  const hash = createHash('sha256').update(JSON.stringify([compiler, common, builds]));
  for (const file of readdirSync(kernels).sort())
    if (file.endsWith('.ts')) hash.update(`\0${file}\0`).update(readFileSync(join(kernels, file)));
  return hash.digest('hex');
}

/** True where every file of an earlier build with this stamp is in place. */
function isCurrent(out, builds, expected) {
  try {
    for (const name of Object.keys(builds)) readFileSync(join(out, `${name}.wasm`));
    return readFileSync(join(out, 'stamp'), 'utf8') === expected;
  } catch {
    return false;
  }
}

async function compile(kernels, out, name, flags) {
  // Written beside and renamed, so that a process that reads at the same time sees a whole file.
  const partial = join(out, `${name}.${process.pid}.partial`);
  const { default: asc } = await import('assemblyscript/asc');
  const { error, stderr } = await asc.main([
    relative(process.cwd(), join(kernels, 'index.ts')),
    ...['--outFile', relative(process.cwd(), partial), ...common, ...flags],
  ]);
  if (error) {
    rmSync(partial, { force: true });
    throw new Error(`The kernels of ${kernels} do not compile.\n${stderr.toString()}`, {
      cause: error,
    });
  }
  renameSync(partial, join(out, `${name}.wasm`));
}

/** Answers what was done, in words. */
async function build(folder, builds, out) {
  const kernels = join(root, folder, 'kernels');
  const expected = stamp(kernels, builds);
  if (isCurrent(out, builds, expected)) return `The kernels of ${folder} are up to date.`;
  mkdirSync(out, { recursive: true });
  for (const [name, flags] of Object.entries(builds)) await compile(kernels, out, name, flags);
  const partial = join(out, `stamp.${process.pid}.partial`);
  writeFileSync(partial, expected);
  renameSync(partial, join(out, 'stamp'));
  return `Built the kernels of ${folder}.`;
}

async function main([option, place, ...rest]) {
  if ((option !== undefined && (option !== '--out' || place === undefined)) || rest.length > 0) {
    console.error('Usage: node build-kernels.mjs [--out DIR]');
    process.exit(2);
  }
  try {
    for (const [folder, builds] of Object.entries(kernelFolders))
      console.error(await build(folder, builds, join(resolve(place ?? root), folder, 'build')));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));
