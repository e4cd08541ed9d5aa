import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/**
 * Large real data for tests lie outside the project, beside its folder. Answers the path of one file
 * or folder there, or undefined where it is missing; the test then skips with a printed reason.
 */
export function sharedData(path: string): string | undefined {
  return ['../shared/data', '../../shared/data']
    .map((folder) => resolve(root, folder, path))
    .find((candidate) => existsSync(candidate));
}

/** Why a test that needs `path` is skipped, for its name. */
export function missingData(path: string): string {
  return `needs ../shared/data/${path}, which is not here`;
}
