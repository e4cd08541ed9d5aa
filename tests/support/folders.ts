import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const made: string[] = [];

afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

// Databases wait for the disk at every commit; where the system offers memory as a disk, tests do not.
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A new empty folder that is gone after the test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(place, 'assay-test-'));
  made.push(folder);
  return folder;
}
