/**
 * Compiles `kernels/*.ts` (AssemblyScript) into `build/relaxed.wasm` and `build/simd.wasm`, for engines
 * with and without relaxed SIMD's fused multiply-add.
 *
 *     node main/compute/engines/wasm/build-kernels.mjs [--out DIR]
 *
 * Runs on plain Node >= 20. Does nothing when sources, compiler and flags are those of the last build.
 */
import asc from 'assemblyscript/asc';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const kernels = join(here, 'kernels');

const flags = [
  ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert'],
  // No garbage collector and no allocator: the host lays out the memory, which all threads share.
  ...['--runtime', 'stub', '--use', 'abort='],
  ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
  ...['--enable', 'threads'],
];
const builds = {
  relaxed: ['--enable', 'simd', '--enable', 'relaxed-simd'],
  simd: ['--enable', 'simd'],
};

function stamp() {
  const compiler = createRequire(import.meta.url)('assemblyscript/package.json').version;
  const hash = createHash('sha256').update(JSON.stringify([compiler, flags, builds]));
  for (const file of readdirSync(kernels).sort())
    if (file.endsWith('.ts')) hash.update(`\0${file}\0`).update(readFileSync(join(kernels, file)));
  return hash.digest('hex');
}

/** True where every file of an earlier build with this stamp is in place. */
function isCurrent(out, expected) {
  try {
    for (const name of Object.keys(builds)) readFileSync(join(out, `${name}.wasm`));
    return readFileSync(join(out, 'stamp'), 'utf8') === expected;
  } catch {
    return false;
  }
}

async function compile(name, out) {
  // Written beside and renamed, so that a process that reads at the same time sees a whole file.
  const partial = join(out, `${name}.${process.pid}.partial`);
  const { error, stderr } = await asc.main([
    relative(process.cwd(), join(kernels, 'index.ts')),
    ...['--outFile', relative(process.cwd(), partial), ...flags, ...builds[name]],
  ]);
  if (error) {
    rmSync(partial, { force: true });
    throw new Error(`The ${name} kernels do not compile.\n${stderr.toString()}`, { cause: error });
  }
  renameSync(partial, join(out, `${name}.wasm`));
}

async function build(out) {
  const expected = stamp();
  if (isCurrent(out, expected)) return 'The compute kernels are up to date.';
  mkdirSync(out, { recursive: true });
  for (const name of Object.keys(builds)) await compile(name, out);
  const partial = join(out, `stamp.${process.pid}.partial`);
  writeFileSync(partial, expected);
  renameSync(partial, join(out, 'stamp'));
  return `Built the compute kernels in ${relative(process.cwd(), out)}.`;
}

const [option, folder, ...rest] = process.argv.slice(2);
if ((option !== undefined && (option !== '--out' || folder === undefined)) || rest.length > 0) {
  console.error('Usage: node build-kernels.mjs [--out DIR]');
  process.exit(2);
}
try {
  console.error(await build(resolve(folder ?? join(here, 'build'))));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
