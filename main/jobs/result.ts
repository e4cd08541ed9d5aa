import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, normalize } from 'node:path';
import * as v from 'valibot';
import { AppError, fileError } from '../../shared/errors.ts';
import { parseStrictJson } from '../formats/strict-json.ts';
import { digestFile, digestFileSync, flush, writeFileAtomically } from './files.ts';
import { jobFiles, resultSchema, type JobResult } from './job-folder.ts';

/** A file of a result before it is measured. `path` is inside the job's folder. */
export interface ResultFile {
  readonly kind: string;
  readonly path: string;
}

/**
 * Ends a job: flushes and measures its files and writes result.json, which is there only once all of
 * them are. A host may import the folder from then on.
 */
export function writeResult(
  folder: string,
  result: Omit<JobResult, 'version' | 'files'>,
  files: readonly ResultFile[],
): void {
  const measured = files.map(({ kind, path }) => {
    const file = join(folder, path);
    try {
      flush(file);
      return { kind, path, ...digestFileSync(file) };
    } catch (error) {
      throw fileError(error, file);
    }
  });
  const document: JobResult = { version: 1, ...result, files: measured };
  writeFileAtomically(join(folder, jobFiles.result), JSON.stringify(document, null, 2));
}

/** Reads result.json, or undefined where the job did not get that far. @throws AppError `corrupt` */
export function readResult(folder: string): JobResult | undefined {
  const path = join(folder, jobFiles.result);
  if (!existsSync(path)) return undefined;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError(error, path);
  }
  const parsed = v.safeParse(resultSchema, parseStrictJson(text, path));
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  const place = v.getDotPath(issue) ?? 'top level';
  throw new AppError('corrupt', `${path}: ${place}: ${issue.message}. Run the job again.`, {
    file: path,
    place,
  });
}

/**
 * Checks every file of a result against its size and SHA-256.
 * @throws AppError `hash-mismatch`, `truncated` or `not-found` naming the file.
 */
export async function verifyResult(folder: string, result: JobResult): Promise<void> {
  for (const file of result.files) {
    const path = join(folder, insideFolder(file.path, folder));
    const { bytes, sha256 } = await digestFile(path);
    const details = { file: path, expected: file.bytes, found: bytes };
    if (bytes < file.bytes)
      throw new AppError(
        'truncated',
        `${path} has ${bytes} bytes, and the job wrote ${file.bytes}. Run the job again.`,
        details,
      );
    if (sha256 !== file.sha256)
      throw new AppError(
        'hash-mismatch',
        `${path} is not as the job wrote it. Run the job again.`,
        details,
      );
  }
}

/** A folder may come from elsewhere: what it lists must lie inside it. */
function insideFolder(path: string, folder: string): string {
  const plain = normalize(path);
  if (isAbsolute(plain) || plain === '..' || plain.startsWith('../') || plain.startsWith('..\\'))
    throw new AppError('corrupt', `${folder}: the result lists ${path}, outside its folder.`, {
      file: folder,
      place: path,
    });
  return plain;
}
