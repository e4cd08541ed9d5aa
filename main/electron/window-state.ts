import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Rectangle } from 'electron';
import * as v from 'valibot';

const size = v.pipe(v.number(), v.integer());
const stateSchema = v.object({
  bounds: v.object({ x: size, y: size, width: size, height: size }),
  isMaximized: v.boolean(),
});
export type WindowState = v.InferOutput<typeof stateSchema>;

export const smallest = { width: 1024, height: 640 } as const;
const usual = { width: 1360, height: 880 } as const;
/** So much of a window must lie on a screen for it to be found again. */
const leastVisible = 120;

/** The window's last place and size, or undefined where none was kept or it cannot be read. */
export function readWindowState(path: string): WindowState | undefined {
  try {
    return v.parse(stateSchema, JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Keeps the window's place and size; losing them is no reason to trouble anyone. */
export function writeWindowState(path: string, state: WindowState): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.tmp`, JSON.stringify(state));
    renameSync(`${path}.tmp`, path);
  } catch {
    // The next window opens at its usual place.
  }
}

/**
 * Where to open the window: at its last place if enough of that is on a screen that is there now,
 * with its last size as far as it fits, otherwise at the usual size where the system likes.
 * @param screens areas that windows may use, in screen coordinates
 */
export function placeWindow(
  last: WindowState | undefined,
  screens: readonly Rectangle[],
): Partial<Rectangle> {
  if (!last) return { ...usual };
  const { bounds } = last;
  const screen = screens.find((area) => isVisible(bounds, area));
  const width = Math.max(smallest.width, Math.min(bounds.width, screen?.width ?? usual.width));
  const height = Math.max(smallest.height, Math.min(bounds.height, screen?.height ?? usual.height));
  return screen ? { x: bounds.x, y: bounds.y, width, height } : { width, height };
}

function isVisible(bounds: Rectangle, area: Rectangle): boolean {
  const across =
    Math.min(bounds.x + bounds.width, area.x + area.width) - Math.max(bounds.x, area.x);
  const down =
    Math.min(bounds.y + bounds.height, area.y + area.height) - Math.max(bounds.y, area.y);
  // The title bar, by which it could be moved, must be there.
  return across >= leastVisible && down >= leastVisible && bounds.y >= area.y - 8;
}
