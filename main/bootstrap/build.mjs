import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { kernelFolders } from './build-kernels.mjs';
import { writeLicences } from './licences.mjs';

/*
 * Builds the program into out/: node main/bootstrap/build.mjs [--force] [step …]
 *
 *   kernels   the wasm kernels, where their sources are here
 *   pages     renderer/ -> out/renderer (Vite)
 *   program   main/ and shared/ -> out/ (TypeScript, file by file), with the files that they read
 *   papers    out/licences.txt of what is shipped, out/native-files.json with hashes
 *
 * A step runs only when its inputs have changed since it last succeeded. Plain JavaScript for any
 * Node from 20 on: this runs before anything else is there.
 */

const root = resolve(import.meta.dirname, '../..');
const out = join(root, 'out');
const kernelsBuilder = 'main/bootstrap/build-kernels.mjs';

const steps = {
  kernels: {
    inputs: [kernelsBuilder, ...Object.keys(kernelFolders).map((folder) => `${folder}/kernels`)],
    outputs: Object.keys(kernelFolders).map((folder) => `${folder}/build`),
    isHere: () => true,
    run: () => runNode([kernelsBuilder]),
  },
  pages: {
    inputs: ['renderer', 'shared', 'package-lock.json'],
    outputs: ['out/renderer/index.html'],
    isHere: () => existsSync(join(root, 'renderer/vite.config.ts')),
    run: () =>
      runNode([
        'node_modules/vite/bin/vite.js',
        'build',
        '--config',
        'renderer/vite.config.ts',
        '--logLevel',
        'warn',
      ]),
  },
  program: {
    inputs: ['main', 'shared', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'],
    outputs: ['out/main', 'out/shared'],
    isHere: () => true,
    run: buildProgram,
  },
  papers: {
    inputs: ['package.json', 'package-lock.json', 'renderer', 'out/main'],
    outputs: ['out/licences.txt', 'out/native-files.json'],
    isHere: () => true,
    run: () => {
      writeLicences(root, join(out, 'licences.txt'));
      writeNativeHashes();
    },
  },
};

/**
 * Brings out/ up to date and says in a line for each step what was done.
 * @param {{ only?: string[], force?: boolean, say?: (line: string) => void }} [options]
 */
export function build({ only = Object.keys(steps), force = false, say = console.error } = {}) {
  mkdirSync(out, { recursive: true });
  for (const name of only) {
    const step = steps[name];
    if (!step)
      throw new Error(`There is no step '${name}'. Steps: ${Object.keys(steps).join(', ')}.`);
    if (!step.isHere()) {
      say(`build: ${name}: its sources are not here`);
      continue;
    }
    const stamp = join(out, `.built-${name}`);
    const state = stateOf(step.inputs, step.outputs);
    const isFresh =
      !force &&
      step.outputs.every((path) => existsSync(join(root, path))) &&
      existsSync(stamp) &&
      readFileSync(stamp, 'utf8') === state;
    if (isFresh) {
      say(`build: ${name}: up to date`);
      continue;
    }
    const start = performance.now();
    rmSync(stamp, { force: true });
    step.run();
    writeFileSync(stamp, stateOf(step.inputs, step.outputs));
    say(`build: ${name}: done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
}

/** Names, sizes and times of all input files, as one hash; what a step makes is not its input. */
function stateOf(inputs, outputs) {
  const hash = createHash('sha256');
  const skipped = outputs.filter((path) => !path.startsWith('out')).map((path) => join(root, path));
  for (const input of inputs)
    for (const file of filesIn(join(root, input))) {
      if (skipped.some((folder) => file.startsWith(folder))) continue;
      const { size, mtimeMs } = statSync(file);
      hash.update(`${relative(root, file)} ${size} ${mtimeMs}\n`);
    }
  return hash.digest('hex');
}

function filesIn(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function runNode(parameters) {
  const { status, error } = spawnSync(process.execPath, parameters, {
    cwd: root,
    // Standard output belongs to the command that needed the build.
    stdio: ['ignore', 2, 2],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${parameters[0]} failed (exit code ${status}).`);
}

/** Types are not checked here: that is what the tests are for, and it takes most of the time. */
function buildProgram() {
  runNode(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
  removeOrphans(new Set(copyFiles()));
}

const sourceOnly = ['.ts', '.cts', '.mts', '.md'];

/** Files that the program reads: migrations, style sheets, kernels, modules in plain JavaScript. */
function copyFiles() {
  const isWanted = (file) =>
    !sourceOnly.includes(extname(file)) &&
    !file.endsWith('tsconfig.json') &&
    !file.startsWith('main/bootstrap/');
  const copied = [];
  for (const path of [...filesIn(join(root, 'main')), ...filesIn(join(root, 'shared'))]) {
    const file = relative(root, path).split(sep).join('/');
    if (!isWanted(file)) continue;
    const target = join(out, file);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(path, target);
    copied.push(target);
  }
  return copied;
}

/** What an earlier build made of a file that is gone would be loaded, and shipped. */
function removeOrphans(copied) {
  const sources = { '.js': '.ts', '.cjs': '.cts', '.mjs': '.mts' };
  for (const path of [...filesIn(join(out, 'main')), ...filesIn(join(out, 'shared'))]) {
    if (copied.has(path)) continue;
    const file = relative(out, path).replace(/\.map$/, '');
    const extension = extname(file);
    const source = join(root, file.slice(0, -extension.length) + (sources[extension] ?? extension));
    if (!existsSync(source)) rmSync(path);
  }
}

/** Native code lies outside the signed archive of an installed program, which checks it at its start. */
function writeNativeHashes() {
  const native = [
    ...filesIn(join(root, 'node_modules/better-sqlite3')),
    ...filesIn(join(out, 'main')),
  ].filter((path) => path.endsWith('.node') || path.endsWith('.wasm'));
  const hashes = Object.fromEntries(
    native.map((path) => [
      relative(root, path).split(sep).join('/'),
      createHash('sha256').update(readFileSync(path)).digest('hex'),
    ]),
  );
  writeFileSync(join(out, 'native-files.json'), `${JSON.stringify(hashes, null, 1)}\n`);
}

if (process.argv[1] === import.meta.filename) {
  const words = process.argv.slice(2);
  const only = words.filter((word) => !word.startsWith('-'));
  build({ force: words.includes('--force'), ...(only.length > 0 ? { only } : {}) });
}
