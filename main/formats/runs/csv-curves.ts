import { basename } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { readRecords } from '../table-records.ts';
import { readTableHead } from '../table-head.ts';
import type { ForeignRun, HistoryRow } from './foreign-run.ts';
import { findStepColumn } from './step-column.ts';

const mostCells = 20_000_000;

interface Column {
  readonly index: number;
  readonly run: string;
  readonly name: string;
}

/**
 * Curves in CSV: a column that counts the steps, and a column for each curve. W&B's export of a chart
 * names its columns `RUN - METRIC` and adds `…__MIN` and `…__MAX`: each run becomes one, and extremes that
 * differ from the value become curves of their own. Any other file is one run.
 * @throws AppError `corrupt`, `unknown-column` without a step column, `too-large`.
 */
export async function readCsvCurves(file: string, signal?: AbortSignal): Promise<ForeignRun[]> {
  const rows: (readonly string[])[] = [];
  let cells = 0;
  const reading = { source: file, signal, onProgress: undefined };
  await readRecords(file, readTableHead(file, file), reading, (record, line) => {
    cells += record.length;
    if (cells > mostCells)
      throw new AppError('too-large', `${file} holds more than ${mostCells} cells.`, {
        file,
        place: `line ${line}`,
      });
    rows.push(record);
  });
  const names = rows[0] ?? [];
  const stepName = findStepColumn(names);
  if (stepName === undefined)
    throw new AppError(
      'unknown-column',
      `${file} has no column that counts the steps. Name one of its columns step.`,
      { file, place: 'line 1' },
    );
  const step = names.indexOf(stepName);
  const columns = names.flatMap((name, index) =>
    index === step || name.trim() === '' ? [] : [columnOf(name, index)],
  );
  const own = basename(file).replace(/\.[^.]*$/, '');
  return [...Map.groupBy(columns, ({ run }) => run)].map(([run, all]) => {
    const { kept, notes } = withoutEqualExtremes(all, rows);
    return {
      name: run === '' ? own : run,
      config: {},
      summary: {},
      history: { [Symbol.iterator]: () => historyOf(rows, step, kept) },
      notes,
    };
  });
}

const extreme = /__(MIN|MAX)$/;

function columnOf(title: string, index: number): Column {
  const [, run = '', metric = ''] = /^(.+) - (.+)$/.exec(title) ?? [];
  return run === '' ? { index, run: '', name: title.trim() } : { index, run, name: metric };
}

/** W&B writes the extremes of what it thinned; mostly they are the value itself. */
function withoutEqualExtremes(columns: readonly Column[], rows: readonly (readonly string[])[]) {
  const byName = new Map(columns.map((column) => [column.name, column]));
  let extremes = 0;
  const kept = columns.flatMap((column): Column[] => {
    const plain = byName.get(column.name.replace(extreme, ''));
    if (!plain || plain === column) return [column];
    if (rows.slice(1).every((row) => row[column.index] === row[plain.index])) return [];
    extremes++;
    return [
      { ...column, name: column.name.replace('__MIN', ' (lowest)').replace('__MAX', ' (highest)') },
    ];
  });
  const notes =
    extremes > 0
      ? [
          'W&B thinned these curves: the value is a mean of each stretch, lowest and highest are curves of their own.',
        ]
      : [];
  return { kept, notes };
}

function* historyOf(
  rows: readonly (readonly string[])[],
  step: number,
  columns: readonly Column[],
): Generator<HistoryRow> {
  for (const row of rows.slice(1)) {
    const at = numberIn(row[step]);
    if (typeof at !== 'number') continue;
    const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const { index, name } of columns) {
      const value = numberIn(row[index]);
      if (value !== undefined) values[name] = value;
    }
    yield { step: at, values };
  }
}

/** A number, a word for what is none, or undefined for an empty cell, at which the run was not logged. */
function numberIn(cell: string | undefined): number | string | undefined {
  const text = cell?.trim() ?? '';
  if (text === '' || text === 'null') return undefined;
  if (/^nan$/i.test(text)) return 'NaN';
  if (/^[+-]?inf(inity)?$/i.test(text)) return 'Infinity';
  const value = Number(text);
  return Number.isNaN(value) ? text : value;
}
