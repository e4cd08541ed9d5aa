import { readFileSync, statSync } from 'node:fs';
import { AppError, fileError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { parseStrictJson } from './strict-json.ts';

/**
 * Reads a whole text file of at most `limits.documentBytes`.
 * @throws AppError what the file system says, `too-large`, or `corrupt` for bytes that are not UTF-8.
 */
export function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > limits.documentBytes)
      throw new AppError(
        'too-large',
        `${path} has ${size} bytes; a document of this kind may have ${limits.documentBytes}.`,
        { file: path },
      );
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof TypeError)
      throw new AppError('corrupt', `${path} is not UTF-8 text. Save it as UTF-8.`, { file: path });
    throw fileError(error, path);
  }
}

/** Reads a JSON file strictly (see strict-json.ts). */
export function readJson(path: string): unknown {
  return parseStrictJson(readText(path), path);
}
