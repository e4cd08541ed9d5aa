import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  placeWindow,
  readWindowState,
  writeWindowState,
} from '../../../../main/electron/window-state.ts';

const screens = [
  { x: 0, y: 25, width: 1920, height: 1055 },
  { x: 1920, y: 0, width: 1280, height: 1024 },
];
const at = (x: number, y: number, width = 1400, height = 900) => ({
  bounds: { x, y, width, height },
  isMaximized: false,
});

test('a window opens where it was', () => {
  expect(placeWindow(at(100, 60), screens)).toEqual({ x: 100, y: 60, width: 1400, height: 900 });
});

test('a window on a screen that is gone opens where the system likes', () => {
  expect(placeWindow(at(4000, 60), screens)).toEqual({ width: 1360, height: 880 });
});

test('a window whose title bar is out of reach is not put there again', () => {
  expect(placeWindow(at(100, -500), screens)).not.toHaveProperty('y');
});

test('a window is no larger than its screen and no smaller than it can be', () => {
  expect(placeWindow(at(1950, 10, 3000, 300), screens)).toEqual({
    x: 1950,
    y: 10,
    width: 1280,
    height: 640,
  });
});

test('the first window has the usual size', () => {
  expect(placeWindow(undefined, screens)).toEqual({ width: 1360, height: 880 });
});

test('a place is kept and read again; what is not a place is none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-window-'));
  const path = join(folder, 'deep', 'window.json');
  writeWindowState(path, at(1, 2));
  expect(readWindowState(path)).toEqual(at(1, 2));
  for (const broken of ['', '{}', '{"bounds":{"x":"1"}}', 'null']) {
    writeFileSync(path, broken);
    expect(readWindowState(path)).toBeUndefined();
  }
  rmSync(folder, { recursive: true });
  expect(readWindowState(path)).toBeUndefined();
});
