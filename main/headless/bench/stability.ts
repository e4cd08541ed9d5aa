import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mazeSpec } from '../../../shared/domain/maze-template.ts';
import { drawSplit, drawSubset } from '../../compute/regression/stability/draws.ts';
import { prepareStudy } from '../../compute/regression/stability/prepare-study.ts';
import { penaltyOf } from '../../compute/regression/stability/reference-fits.ts';
import { refitSplits, refitSubsets } from '../../compute/regression/stability/refit-modes.ts';
import type { CountedBatch } from '../../compute/regression/stability/outcomes.ts';
import { trainRowsOf, type StudyShared } from '../../compute/regression/stability/refit-tasks.ts';
import { Refitter } from '../../compute/regression/stability/refitter.ts';
import { wholeRowSet } from '../../compute/regression/stability/row-set.ts';
import { finish } from '../../compute/steps.ts';
import { readTable } from '../../formats/table.ts';
import { Rival } from './rival.ts';
import { median, type BenchContext, type Row } from './row.ts';

/** Refits of each kind, and how many of each the rival makes in a turn. */
const refits = 2000;
const rivalRefits = 500;
const rounds = refits / rivalRefits;
const nearby = new URL('../../../../shared/data/maze/maze_sim_10000.csv', import.meta.url);

interface RivalTurn {
  readonly cpu: number;
  readonly seconds: number;
  readonly counts: Counts;
  readonly accuracy: readonly number[];
}

/**
 * 2,000 L1 logistic refits (C = 1, intercept penalised) on random subsets of the maze study's eleven
 * variables and 2,000 on random splits with their held-out accuracy, against a loop over scikit-learn on
 * the same subsets and splits, all of them, in turns with ours. Processor time of all threads decides,
 * since another program may run beside; the counts of signs and zeros are compared with the rival's, at
 * its default tolerance, whose time is compared, and once more where it converges.
 */
export async function* benchStability(
  sizes: readonly string[],
  { signal, note }: BenchContext,
): AsyncGenerator<Row> {
  const path = sizes[0] ?? fileURLToPath(nearby);
  if (!existsSync(path)) {
    note(`No table to refit: ${path} is not there. Name one: assay bench stability maze.csv`);
    return;
  }
  const shared = await open(path, signal);
  const rival = await Rival.start('stability.py', note);
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  try {
    if (rival) await rival.ask(writeDraws(folder, shared));
    const threads = Math.min(2, availableParallelism());
    const own: OwnTurn[] = [];
    const others: RivalTurn[] = [];
    const exact: RivalTurn[] = [];
    for (let round = 0; round < rounds; round++) {
      signal.throwIfAborted();
      own.push(await refitAll(shared, threads, signal));
      if (!rival) continue;
      const range = { from: round * rivalRefits, to: (round + 1) * rivalRefits };
      others.push((await rival.ask({ ...range, tol: 1e-4 })) as RivalTurn);
      exact.push((await rival.ask({ ...range, tol: 1e-7 })) as RivalTurn);
    }
    if (rival) {
      const counts = countsOf(own[0]!, shared);
      note(agreement('at its default tolerance', counts, others));
      note(agreement('at tolerance 1e-7', counts, exact));
    }
    for (const measure of ['cpu', 'seconds'] as const) {
      const value = median(own.map((turn) => turn[measure]));
      const theirs = others.reduce((sum, turn) => sum + turn[measure], 0);
      yield {
        name: `stability: ${refits} subsets + ${refits} splits, ${measure === 'cpu' ? 'processor' : 'wall'} time`,
        engine: 'float64',
        threads,
        value,
        unit: 's',
        rival: rival ? rival.name : null,
        rivalValue: rival ? theirs : null,
        ratio: rival ? theirs / value : null,
      };
    }
  } finally {
    rival?.close();
    rmSync(folder, { recursive: true });
  }
}

async function open(path: string, signal: AbortSignal): Promise<StudyShared> {
  const table = await readTable(path, { signal, source: basename(path) });
  const spec = mazeSpec(basename(path));
  const { data } = finish(prepareStudy(table, spec));
  return {
    data,
    family: 'binomial',
    penalty: penaltyOf(spec),
    seed: spec.seed,
    testShare: spec.splits.testShare,
    anchor: null,
    truth: new Float64Array(data.columns + 1),
    sigma: 0,
  };
}

interface OwnTurn {
  readonly cpu: number;
  readonly seconds: number;
  readonly subsets: readonly CountedBatch[];
  readonly splits: readonly CountedBatch[];
}

/** The whole work from the table in memory on, the full fit that all start from included. */
async function refitAll(
  unanchored: StudyShared,
  threads: number,
  signal: AbortSignal,
): Promise<OwnTurn> {
  const start = performance.now();
  const before = process.cpuUsage();
  const { data, penalty, family } = unanchored;
  const anchor = new Refitter(family, data.columns).anchor(wholeRowSet(data), penalty) ?? null;
  const shared = { ...unanchored, anchor };
  const control = {
    threads,
    progress: () => undefined,
    pause: async () => signal.throwIfAborted(),
  };
  const all = Array.from({ length: data.columns }, (_, j) => j);
  const subsets = (await refitSubsets(shared, refits, control)).batches;
  const splits = (await refitSplits(shared, refits, [all], 'splits', control)).batches;
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1e6;
  return { cpu, seconds: (performance.now() - start) / 1000, subsets, splits };
}

/** The same numbers, subsets and splits for the rival, as files. */
function writeDraws(folder: string, { data, seed, testShare }: StudyShared): object {
  const { rows, columns } = data;
  const masks = Int32Array.from({ length: refits }, (_, number) =>
    drawSubset(seed, number, columns).reduce((mask, j) => mask | (1 << j), 0),
  );
  const orders = new Int32Array(refits * rows);
  for (let number = 0; number < refits; number++)
    orders.set(drawSplit(seed, number, rows), number * rows);
  writeFileSync(join(folder, 'x.f64'), new Uint8Array(data.x.buffer));
  writeFileSync(join(folder, 'y.f64'), new Uint8Array(data.y.buffer));
  writeFileSync(join(folder, 'subsets.i32'), new Uint8Array(masks.buffer));
  writeFileSync(join(folder, 'splits.i32'), new Uint8Array(orders.buffer));
  return { folder, rows, columns, train: trainRowsOf(rows, testShare) };
}

/** Negative, zero and positive coefficients of each column: [of subsets, of splits][column][outcome]. */
type Counts = readonly (readonly (readonly number[])[])[];

function countsOf({ subsets, splits }: OwnTurn, { data }: StudyShared): Counts {
  const p = data.columns;
  return [subsets, splits].map((batches) => {
    const counts = Array.from({ length: p }, () => [0, 0, 0]);
    for (const { batch, times } of batches)
      for (let at = 0; at < batch.count; at++)
        for (let j = 0; j < p; j++)
          if (batch.member[at * p + j] === 1)
            counts[j]![1 + Math.sign(batch.beta[at * (p + 1) + j + 1]!)]! += times?.[at] ?? 1;
    return counts;
  });
}

/** How many coefficients of all refits are counted as by the rival. */
function agreement(how: string, own: Counts, turns: readonly RivalTurn[]): string {
  let total = 0;
  let other = 0;
  own.forEach((kind, k) =>
    kind.forEach((column, j) =>
      column.forEach((count, outcome) => {
        const theirs = turns.reduce((sum, { counts }) => sum + counts[k]![j]![outcome]!, 0);
        total += count;
        other += Math.max(0, count - theirs);
      }),
    ),
  );
  return `Signs and zeros of all ${refits} subsets and ${refits} splits: ${total - other} of ${total} counted as by the rival ${how}.`;
}
