import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseJobSpec } from '../../shared/domain/job-spec.ts';
import { runSpec } from '../../shared/domain/run-spec.ts';
import { AppError, fileError } from '../../shared/errors.ts';
import { parseStrictJson } from '../formats/strict-json.ts';
import { groupHash } from './group-hash.ts';
import { jobFiles, jobFolder, runFiles } from './job-folder.ts';
import { readResult } from './result.ts';

/** A dictionary of the project, found by its id in the folders of jobs. */
export interface FoundDictionary {
  /** Absolute path of its file. */
  readonly path: string;
  /** Of its replicates (see groupHash); undefined for one that was not trained here. */
  readonly group: string | undefined;
  readonly seed: number | null;
}

/**
 * Finds a dictionary by its id without the database, for workers: among those that jobs of the project
 * have trained, and those that were imported.
 * @throws AppError `not-found`
 */
export function findDictionaryById(projectPath: string, id: string): FoundDictionary {
  const imported = join(projectPath, '.assay', 'dictionaries', id, runFiles.dictionary);
  if (existsSync(imported)) return { path: imported, group: undefined, seed: null };
  for (const job of foldersIn(join(projectPath, '.assay', 'runs'))) {
    const folder = jobFolder(projectPath, job);
    const runs = readQuietly(folder)?.runs ?? [];
    const position = runs.findIndex(({ dictionary }) => dictionary === id);
    if (position === -1) continue;
    const run = runs[position]!;
    const path = join(folder, run.id, runFiles.dictionary);
    return { path, group: groupOf(folder, position), seed: run.seed };
  }
  throw new AppError('not-found', `There is no dictionary ${id} in this project.`, {
    dictionary: id,
  });
}

/** A folder whose result cannot be read holds no dictionary that could be meant. */
function readQuietly(folder: string) {
  try {
    return readResult(folder);
  } catch {
    return undefined;
  }
}

function groupOf(folder: string, position: number): string | undefined {
  const path = join(folder, jobFiles.spec);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError(error, path);
  }
  const spec = parseJobSpec(parseStrictJson(text, path), path);
  return spec.kind === 'train' ? groupHash(runSpec(spec, position)) : undefined;
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
