import { closeSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ImportFormat } from '../../../shared/domain/import-spec.ts';
import { AppError, fileError } from '../../../shared/errors.ts';
import { findStepColumn } from '../runs/step-column.ts';
import { isEventFile } from '../runs/tensorboard.ts';
import { isWandbFile } from '../runs/wandb-records.ts';

/** What results a file or folder holds. */
export interface DetectedResults {
  readonly format: ImportFormat;
  /** Why it is taken for that, as a sentence. */
  readonly reason: string;
  /** The files that are read, sorted; of a Neuronpedia export its folder. */
  readonly files: readonly string[];
}

interface Candidate {
  readonly format: ImportFormat;
  /** Files by their names alone, so that a folder of millions is not opened. */
  readonly named: (name: string) => boolean;
  /** The first bytes of one of them. */
  readonly holds: (head: Buffer) => boolean;
  readonly reason: (files: readonly string[]) => string;
}

const headBytes = 64 << 10;
const deepest = 4;
const mostEntries = 100_000;

/**
 * How results are told apart, in this order: what is rarer and surer comes first. A new reader of results
 * is a line here.
 */
const candidates: readonly Candidate[] = [
  {
    format: 'saedashboard',
    named: (name) => /\.json$/.test(name) && name !== 'skipped_indexes.json',
    holds: (head) => hasKeys(head, 'features', 'feature_index') && hasKeys(head, 'model_id'),
    reason: (files) =>
      `${count(files, 'batch')} with "model_id" and "features", as SAEDashboard's runner writes them.`,
  },
  {
    format: 'saebench',
    named: (name) => /\.json$/.test(name),
    holds: (head) => hasKeys(head, 'eval_type_id', 'eval_config'),
    reason: (files) =>
      `${count(files, 'file')} with "eval_type_id" and "eval_config", as SAEBench writes them.`,
  },
  {
    format: 'wandb-offline',
    named: (name) => name.endsWith('.wandb'),
    holds: isWandbFile,
    reason: (files) => `${count(files, 'log')} of W&B, which start with ":W&B".`,
  },
  {
    format: 'tensorboard',
    named: isEventFile,
    holds: (head) => head.length >= 12,
    reason: (files) => `${count(files, 'event file')} of TensorBoard.`,
  },
  {
    format: 'csv-curves',
    named: (name) => /\.(csv|tsv)$/.test(name),
    holds: (head) => findStepColumn(firstRow(head)) !== undefined,
    reason: (files) => `${count(files, 'table')} with a column that counts steps.`,
  },
  {
    format: 'jsonl-curves',
    named: (name) => /\.(jsonl|ndjson)$/.test(name),
    holds: isLineOfNumbers,
    reason: (files) => `${count(files, 'file')} with a JSON object of numbers on each line.`,
  },
];

/**
 * Finds by content what results a file or folder holds; undefined where none of the known ones, such as
 * for a dictionary or a table without steps. In a folder, its folders are looked through as well, four deep.
 * @throws AppError what the file system says.
 */
export function detectResults(path: string): DetectedResults | undefined {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    throw fileError(error, path);
  }
  const files = isFolder ? listFiles(path) : [path];
  const exported = files.filter((file) => basename(file) === 'source.jsonl');
  if (isFolder && exported.length > 0)
    return {
      format: 'neuronpedia',
      reason: 'The folder holds source.jsonl, as exports of Neuronpedia do.',
      files: exported.map((file) => join(file, '..')).sort(),
    };
  for (const { format, named, holds, reason } of candidates) {
    const found = files.filter((file) => named(basename(file)));
    // One of many tells for all; where it is another kind of file, the others are asked.
    const fitting = found.length > 64 ? found : found.filter((file) => holds(readHead(file)));
    if (fitting.length > 0 && holds(readHead(fitting[0]!)))
      return { format, reason: reason(fitting), files: fitting.sort(byNumber) };
  }
  return undefined;
}

/** As `detectResults`. @throws AppError `unsupported` where there is nothing that is known. */
export function findResults(path: string): DetectedResults {
  const found = detectResults(path);
  if (found) return found;
  throw new AppError(
    'unsupported',
    `${path} holds no results that Assay knows: SAEDashboard batches, a Neuronpedia export, SAEBench results, W&B offline runs, TensorBoard events, or curves as CSV or JSONL with a column of steps.`,
    { file: path },
  );
}

function listFiles(folder: string, depth = 0): string[] {
  const files: string[] = [];
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      if (entry.isFile()) files.push(path);
      else if (entry.isDirectory() && depth < deepest) files.push(...listFiles(path, depth + 1));
      if (files.length > mostEntries)
        throw new AppError(
          'too-large',
          `${folder} holds more than ${mostEntries} files. Name the folder of one import.`,
          { file: folder },
        );
    }
  } catch (error) {
    throw fileError(error, folder);
  }
  return files;
}

function readHead(file: string): Buffer {
  const head = Buffer.alloc(headBytes);
  try {
    const fd = openSync(file, 'r');
    try {
      return head.subarray(0, readSync(fd, head, 0, headBytes, 0));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw fileError(error, file);
  }
}

/** Whether the keys stand in a JSON text, whose rest may be anything: the reader will tell. */
function hasKeys(head: Buffer, ...keys: readonly string[]): boolean {
  return (
    /^\s*\{/.test(
      head
        .subarray(0, 256)
        .toString('latin1')
        .replace(/^\xef\xbb\xbf/, ''),
    ) && keys.every((key) => head.includes(`"${key}"`))
  );
}

function firstRow(head: Buffer): string[] {
  const line = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split(/\r?\n/, 1)[0]!;
  return line.split(/[,;\t|]/).map((cell) => cell.replace(/^"|"$/g, ''));
}

function isLineOfNumbers(head: Buffer): boolean {
  const line = head.toString('utf8').split(/\r?\n/, 1)[0]!;
  try {
    const row: unknown = JSON.parse(line);
    return (
      typeof row === 'object' &&
      row !== null &&
      Object.values(row).some((value) => typeof value === 'number')
    );
  } catch {
    return false;
  }
}

function count(files: readonly string[], what: string): string {
  if (files.length === 1) return `One ${what}`;
  return `${files.length} ${what.endsWith('h') ? `${what}es` : `${what}s`}`;
}

/** batch-2 before batch-10. */
export function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
