import { readFileSync, statSync } from 'node:fs';
import { parseDocument } from 'yaml';
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

/**
 * Parses YAML (or JSON, which is YAML): one document, no duplicate keys, aliases limited, no custom
 * tags.
 * @throws AppError `bad-spec` naming file, line and column.
 */
export function parseYaml(text: string, file: string): unknown {
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
  const problem = document.errors[0];
  if (problem) {
    const place = problem.linePos?.[0];
    const where = place ? `line ${place.line}, column ${place.col}` : 'unknown place';
    throw new AppError(
      'bad-spec',
      `${file} is not valid YAML at ${where}: ${problem.message.split('\n')[0]}`,
      { file, place: where },
    );
  }
  return document.toJS({ maxAliasCount: 100 }) as unknown;
}
