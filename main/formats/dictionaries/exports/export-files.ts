import { writeFileSync } from 'node:fs';
import { AppError, fileError } from '../../../../shared/errors.ts';

/** The error for a dictionary that a tool cannot hold. */
export function cannotHold(tool: string, what: string): AppError {
  return new AppError(
    'unsupported',
    `${tool} has no dictionary ${what}. Export it as safetensors, which holds every form.`,
    { place: 'format' },
  );
}

/** Writes a text under a name that nothing has yet. @throws AppError what the file system says. */
export function writeNew(path: string, text: string): void {
  try {
    writeFileSync(path, `${text}\n`, { flag: 'wx' });
  } catch (error) {
    throw fileError(error, path, 'write');
  }
}
