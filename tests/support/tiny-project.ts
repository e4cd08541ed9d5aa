import { join } from 'node:path';
import { temporaryFolder } from './folders.ts';
import { writeTinyProject } from './tiny-project-files.ts';

/** A project folder that can be trained in, gone after the tests. */
export function makeTinyProject(): string {
  const folder = join(temporaryFolder(), 'tiny');
  writeTinyProject(folder);
  return folder;
}
