import { AppError } from '../../../shared/errors.ts';
import { RandomStream } from '../../compute/random.ts';
import { fitPath, lambdaPath } from '../../compute/regression/sparse/path.ts';
import type { SparseColumns } from '../../compute/regression/sparse/columns.ts';
import { finish } from '../../compute/steps.ts';
import { Rival } from './rival.ts';
import type { BenchContext, Row } from './row.ts';

const strengths = 20;
const ratio = 0.01;
/** Entries up to which the rival runs, too: saga takes three minutes for them, and many beyond. */
const rivalEntries = 12_000_000;

interface Size {
  readonly rows: number;
  readonly columns: number;
  /** Share of the entries that are not zero. */
  readonly density: number;
}

const defaultSizes = ['20000x500x0.02', '200000x5000x0.01'];

/**
 * Seconds of processor time for an L1 logistic path of 20 strengths on sparse columns, sizes
 * ROWSxCOLUMNSxDENSITY, against scikit-learn's saga with warm starts along the same path (tolerance 1e-4,
 * on the same sparse columns divided by their deviation). Time of the processor and not of the wall, so
 * that a busy machine does not count. Memory is the growth of the process.
 */
export async function* benchPredict(
  sizes: readonly string[],
  { signal, note }: BenchContext,
): AsyncGenerator<Row> {
  const parsed = (sizes.length > 0 ? sizes : defaultSizes).map(parseSize);
  const rival = await Rival.start('sparse_lasso.py', note);
  try {
    for (const size of parsed) {
      signal.throwIfAborted();
      yield await compare(size, rival, note);
    }
  } finally {
    rival?.close();
  }
}

function parseSize(text: string): Size {
  const match = /^([1-9]\d{0,7})x([1-9]\d{0,5})x(0?\.\d+|1)$/.exec(text);
  if (!match)
    throw new AppError(
      'usage',
      `${text} is not a size. Write ROWSxCOLUMNSxDENSITY, such as 20000x500x0.02.`,
      { size: text },
    );
  const [rows, columns, density] = match.slice(1).map(Number) as [number, number, number];
  return { rows, columns, density };
}

async function compare(
  size: Size,
  rival: Rival | undefined,
  note: (text: string) => void,
): Promise<Row> {
  const { columns, y } = makeProblem(size);
  const { rows } = size;
  const before = process.memoryUsage.rss();
  const cpu = process.cpuUsage();
  const path = finish(
    fitPath(
      {
        columns,
        y,
        family: 'binomial',
        weights: new Float64Array(rows).fill(1 / rows),
        standardise: true,
      },
      (largest) => lambdaPath(largest, strengths, ratio),
    ),
  );
  const { user, system } = process.cpuUsage(cpu);
  const grown = Math.max(0, process.memoryUsage.rss() - before) / 2 ** 20;
  const value = (user + system) / 1e6;
  const entries = columns.row.length;
  const runs = rival && entries <= rivalEntries;
  if (rival && !runs)
    note(`No turn for the rival at ${rows} rows: its path would take many minutes.`);
  const answer = runs
    ? ((await rival.ask({ ...size, strengths, ratio })) as { seconds: number })
    : null;
  const selected = path.points.at(-1)!.columns.length;
  return {
    name: `L1 logistic path of ${path.points.length} strengths, ${rows} rows x ${size.columns} columns, ${entries} entries, ${selected} selected at the end, memory +${Math.round(grown)} MiB`,
    engine: 'float64',
    threads: 1,
    value,
    unit: 'processor s',
    rival: answer ? rival!.name : null,
    rivalValue: answer?.seconds ?? null,
    ratio: answer ? answer.seconds / value : null,
  };
}

/** Columns that are active at random, some of which make the outcome. The rival makes the like. */
function makeProblem({ rows, columns, density }: Size): {
  columns: SparseColumns;
  y: Float64Array;
} {
  const random = new RandomStream(1, 1);
  const pointers = new Float64Array(columns + 1);
  const row: number[][] = [];
  const eta = new Float64Array(rows).fill(-1);
  const parts: Float32Array[] = [];
  for (let j = 0; j < columns; j++) {
    const active: number[] = [];
    const step = Math.log(1 - Math.min(density, 0.999999));
    for (let i = -1; ;) {
      i += 1 + Math.floor(Math.log(random.uniform()) / step);
      if (i >= rows) break;
      active.push(i);
    }
    const value = Float32Array.from(active, () => -Math.log(random.uniform()));
    const weight = j % Math.ceil(columns / 50) === 0 ? 2 * random.uniform() - 1 : 0;
    active.forEach((i, at) => (eta[i]! += weight * value[at]!));
    row.push(active);
    parts.push(value);
    pointers[j + 1] = pointers[j]! + active.length;
  }
  const rowIds = new Int32Array(pointers[columns]!);
  const values = new Float32Array(pointers[columns]!);
  row.forEach((active, j) => {
    rowIds.set(active, pointers[j]);
    values.set(parts[j]!, pointers[j]);
  });
  const y = eta.map((value) => (random.uniform() < 1 / (1 + Math.exp(-value)) ? 1 : 0));
  return { columns: { rows, columns, pointers, row: rowIds, value: values }, y };
}
