import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Electron's program on this machine, or why there is none. The npm package holds no binary: it is
 * looked for where the package keeps it once downloaded, and where ELECTRON_OVERRIDE_DIST_PATH
 * points. Nothing is downloaded and nothing is run here.
 * @returns {{ path: string } | { why: string }}
 */
export function findElectron(environment = process.env) {
  const names = {
    linux: 'electron',
    win32: 'electron.exe',
    darwin: 'Electron.app/Contents/MacOS/Electron',
  };
  const name = names[process.platform];
  if (name === undefined) return { why: `Electron is not made for ${process.platform}.` };
  const override = environment.ELECTRON_OVERRIDE_DIST_PATH;
  if (override) {
    const path = join(override, name);
    return existsSync(path)
      ? { path }
      : { why: `ELECTRON_OVERRIDE_DIST_PATH points to ${override}, which has no ${name}.` };
  }
  let folder;
  try {
    folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  } catch {
    return { why: 'The package electron is not installed.' };
  }
  const listed = join(folder, 'path.txt');
  const path = join(
    folder,
    'dist',
    existsSync(listed) ? readFileSync(listed, 'utf8').trim() : name,
  );
  return existsSync(path)
    ? { path }
    : {
        why: "Electron's binary is not here: its package downloads it on demand. Run node_modules/.bin/install-electron where that is possible, or set ELECTRON_OVERRIDE_DIST_PATH to a copy.",
      };
}

/** There is a screen that a window could appear on. */
export function hasDisplay(environment = process.env) {
  if (process.platform !== 'linux') return true;
  return Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY);
}
