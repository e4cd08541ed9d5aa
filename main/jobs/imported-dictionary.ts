import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { dictionarySource } from '../../shared/contract/dictionaries.ts';
import { count, id, shortText } from '../../shared/domain/schemas.ts';
import { AppError, fileError } from '../../shared/errors.ts';
import { parseStrictJson } from '../formats/strict-json.ts';
import { removeQuietly } from './files.ts';

/**
 * Dictionaries that other tools made, `.assay/dictionaries/<id>/`. The id follows from
 * what it holds, so that the same dictionary from two places is there once. The worker makes the
 * folder under another name and renames it once it is whole; the host imports what it finds.
 *
 *   dictionary.safetensors   the internal form (main/formats/dictionaries/store.ts)
 *   import.json              what is written in the database of it, and where it came from
 */
export const importedSchema = v.object({
  version: v.literal(1),
  id,
  name: shortText,
  hook: shortText,
  model: shortText,
  dIn: count,
  dOut: count,
  latents: count,
  /** Latents that fire, where its files say so. */
  alive: v.nullable(count),
  source: dictionarySource,
});
export type ImportedFolder = v.InferOutput<typeof importedSchema>;

export const importedFiles = {
  dictionary: 'dictionary.safetensors',
  about: 'import.json',
} as const;

const unfinished = '.tmp';

export function dictionariesFolder(projectPath: string): string {
  return join(projectPath, '.assay', 'dictionaries');
}

/** The id of what has this sum (main/formats/dictionaries/store.ts); others that have it too are numbered. */
export function importedId(sha256: string, number = 0): string {
  const sum =
    number === 0 ? sha256 : createHash('sha256').update(`${sha256} ${number}`).digest('hex');
  return `dict_${sum.slice(0, 16)}`;
}

/** A name for a folder that is not whole yet. */
export function unfinishedFolder(folder: string, name: string): string {
  return join(folder, `${name}${unfinished}`);
}

/** What an imported dictionary says of itself. @throws AppError `not-found`, `corrupt`. */
export function readImported(folder: string): ImportedFolder {
  const path = join(folder, importedFiles.about);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError(error, path);
  }
  const parsed = v.safeParse(importedSchema, parseStrictJson(text, path));
  if (parsed.success) return parsed.output;
  const place = v.getDotPath(parsed.issues[0]) ?? 'top level';
  throw new AppError(
    'corrupt',
    `${path}: ${place}: ${parsed.issues[0].message}. Import it again.`,
    {
      file: path,
      place,
    },
  );
}

/** Ids of the imported dictionaries of a project. What an ended import left half done is removed. */
export function listImported(projectPath: string): string[] {
  const folder = dictionariesFolder(projectPath);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder);
  for (const name of names) if (name.endsWith(unfinished)) removeQuietly(join(folder, name));
  return names.filter((name) => /^dict_[0-9a-z]{16}$/.test(name));
}
