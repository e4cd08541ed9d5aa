import { freemem } from 'node:os';
import type { RegressSpec } from '../../../shared/domain/job-spec.ts';
import type { Table } from '../../../shared/domain/table.ts';
import { AppError } from '../../../shared/errors.ts';
import { RandomStream } from '../../compute/random.ts';
import { regress } from '../../compute/regression/regress.ts';
import { drive } from '../../compute/steps.ts';
import { Rival } from './rival.ts';
import type { BenchContext, Row } from './row.ts';

interface Size {
  readonly rows: number;
  readonly columns: number;
}

/** Designs of doubles that the rival holds at once: the one it makes, its centred copy, LAPACK's. */
const rivalCopies = 5;
const defaultSizes = ['100000x200', '1000000x200'];

/**
 * Seconds of processor time for least squares with all of its tests and diagnostics at sizes
 * ROWSxCOLUMNS, against scikit-learn's LinearRegression, which gives coefficients alone. Memory is the
 * growth of the process beyond the table.
 */
export async function* benchOls(
  sizes: readonly string[],
  { signal, note }: BenchContext,
): AsyncGenerator<Row> {
  const parsed = (sizes.length > 0 ? sizes : defaultSizes).map(parseSize);
  const rival = await Rival.start('ols.py', note);
  try {
    for (const size of parsed) yield await compare(size, rival, { signal, note });
  } finally {
    rival?.close();
  }
}

function parseSize(text: string): Size {
  const match = /^([1-9]\d{0,7})x([1-9]\d{0,3})$/.exec(text);
  if (!match)
    throw new AppError('usage', `${text} is not a size. Write ROWSxCOLUMNS, such as 100000x200.`, {
      size: text,
    });
  return { rows: Number(match[1]), columns: Number(match[2]) };
}

async function compare(
  size: Size,
  rival: Rival | undefined,
  { signal, note }: BenchContext,
): Promise<Row> {
  const table = makeTable(size);
  const names = table.columns.slice(1).map(({ name }) => name);
  const spec: RegressSpec = {
    kind: 'regress',
    name: 'bench',
    table: table.source,
    formula: `y ~ ${names.join(' + ')}`,
    family: 'gaussian',
  };
  const start = process.memoryUsage.rss();
  let most = start;
  const cpu = process.cpuUsage();
  await drive(regress(table, spec), signal, () => {
    most = Math.max(most, process.memoryUsage.rss());
  });
  const { user, system } = process.cpuUsage(cpu);
  const value = (user + system) / 1e6;
  const runs = rival && rivalCopies * 8 * size.rows * size.columns < freemem();
  if (rival && !runs)
    note(`No turn for the rival at ${size.rows} rows: there is no memory for its copies.`);
  const answer = runs ? ((await rival.ask(size)) as { seconds: number }) : null;
  return {
    name: `least squares with tests, ${size.rows} rows x ${size.columns} columns, memory +${Math.round((most - start) / 2 ** 20)} MiB beyond the table`,
    engine: 'float64',
    threads: 1,
    value,
    unit: 'processor s',
    rival: answer ? rival!.name : null,
    rivalValue: answer?.seconds ?? null,
    ratio: answer ? answer.seconds / value : null,
  };
}

function makeTable({ rows, columns }: Size): Table {
  const y = new RandomStream(1, 1).uniforms(rows, 1);
  const predictors = Array.from({ length: columns }, (_, j) => {
    const values = new RandomStream(1, 2, j).uniforms(rows, 1);
    for (let i = 0; i < rows; i++) y[i]! += values[i]! / (1 + j);
    return { kind: 'number' as const, name: `x${j + 1}`, values };
  });
  return {
    source: 'bench',
    rows,
    columns: [{ kind: 'number', name: 'y', values: y }, ...predictors],
    unnamed: new Set(),
    delimiter: ',',
    sha256: '',
    note: null,
  };
}
