import { basename } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { readLines, type Line } from '../lines.ts';
import { parsePythonJson } from '../python-json.ts';
import type { ForeignRun, HistoryRow } from './foreign-run.ts';
import { findStepColumn } from './step-column.ts';

const runKeys = ['run', 'run_name', 'run_id'];
const mostRuns = 200;

/**
 * Curves in JSON lines: each an object of numbers, one of which counts the steps. Lines with a text under
 * `run`, `run_name` or `run_id` belong to runs of that name; otherwise the file is one run.
 * @throws AppError `corrupt` naming file and line.
 */
export async function readJsonlCurves(file: string): Promise<ForeignRun[]> {
  const names = new Set<string>();
  let step: string | undefined;
  let rows = 0;
  for await (const line of readLines(file)) {
    const row = parseRow(file, line);
    step ??= findStepColumn(Object.keys(row));
    names.add(runOf(row) ?? '');
    rows++;
    if (names.size > mostRuns)
      throw new AppError('too-large', `${file} names more than ${mostRuns} runs.`, {
        file,
        place: `line ${line.number}`,
      });
  }
  if (rows === 0) throw new AppError('corrupt', `${file} holds no lines.`, { file });
  const own = basename(file).replace(/\.(jsonl|ndjson)(\.gz)?$/, '');
  const notes = step === undefined ? ['No field counts the steps: lines are numbered from 0.'] : [];
  return [...names].map((name) => ({
    name: name === '' ? own : name,
    config: {},
    summary: {},
    history: { [Symbol.asyncIterator]: () => readRows(file, name, step) },
    notes,
  }));
}

async function* readRows(
  file: string,
  run: string,
  stepName: string | undefined,
): AsyncGenerator<HistoryRow> {
  let index = 0;
  for await (const line of readLines(file)) {
    const row = parseRow(file, line);
    if ((runOf(row) ?? '') !== run) continue;
    const logged = stepName === undefined ? undefined : row[stepName];
    const values = Object.fromEntries(
      Object.entries(row).filter(([key]) => key !== stepName && !runKeys.includes(key)),
    );
    const step = stepName === undefined ? index : logged;
    index++;
    if (typeof step === 'number') yield { step, values };
  }
}

function runOf(row: Record<string, unknown>): string | undefined {
  const key = runKeys.find((name) => typeof row[name] === 'string');
  return key === undefined ? undefined : (row[key] as string);
}

function parseRow(file: string, { text, number }: Line): Record<string, unknown> {
  const place = `line ${number}`;
  const row = parsePythonJson(text, file, place);
  if (typeof row === 'object' && row !== null && !Array.isArray(row))
    return row as Record<string, unknown>;
  throw new AppError('corrupt', `${file}: ${place} is no JSON object of values.`, { file, place });
}
