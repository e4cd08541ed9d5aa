import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findElectron, hasDisplay } from '../../../../main/bootstrap/electron.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-electron-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

test.each([
  ['linux', 'electron'],
  ['win32', 'electron.exe'],
  ['darwin', 'Electron.app/Contents/MacOS/Electron'],
] as const)('a copy of Electron for %s is found where the environment points', (platform, name) => {
  vi.spyOn(process, 'platform', 'get').mockReturnValue(platform);
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  expect(findElectron({ ELECTRON_OVERRIDE_DIST_PATH: folder })).toEqual({ path });
});

test('a place without Electron is told in words, and nothing is downloaded', () => {
  expect(findElectron({ ELECTRON_OVERRIDE_DIST_PATH: folder }).why).toContain(folder);
});

test('a system that Electron is not made for is told in words', () => {
  vi.spyOn(process, 'platform', 'get').mockReturnValue('freebsd');
  expect(findElectron({}).why).toContain('freebsd');
});

test('on Linux a window needs a screen', () => {
  vi.spyOn(process, 'platform', 'get').mockReturnValue('linux');
  expect([
    hasDisplay({}),
    hasDisplay({ DISPLAY: ':0' }),
    hasDisplay({ WAYLAND_DISPLAY: 'wayland-0' }),
  ]).toEqual([false, true, true]);
});
