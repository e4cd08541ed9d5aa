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

/** Refits of each kind, and how many of each the rival makes in a turn: the rest is extrapolated. */
const refits = 2000;
const rivalRefits = 60;
const rounds = 3;
const nearby = new URL('../../../../shared/data/maze/maze_sim_10000.csv', import.meta.url);

interface RivalTurn {
  readonly cpu: number;
  readonly seconds: number;
  readonly counts: readonly (readonly (readonly number[])[])[];
  readonly accuracy: readonly number[];
}

/**
 * 2,000 L1 logistic refits (C = 1, intercept penalised) on random subsets of the maze study's eleven
 * variables and 2,000 on random splits with their held-out accuracy, against a loop over scikit-learn on
 * the same subsets and splits. Processor time of all threads decides, since another program may run
 * beside; the counts of signs and zeros are compared refit by refit over the rival's.
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
    const own: { cpu: number; seconds: number }[] = [];
    const others: RivalTurn[] = [];
    for (let round = 0; round < rounds; round++) {
      signal.throwIfAborted();
      const turn = await refitAll(shared, threads, signal);
      own.push(turn);
      if (!rival) continue;
      const from = round * rivalRefits;
      const ask = { from, to: from + rivalRefits, tol: 1e-4 };
      others.push((await rival.ask(ask)) as RivalTurn);
      if (round === 0) {
        const exact = (await rival.ask({ ...ask, tol: 1e-7 })) as RivalTurn;
        note(differences('at its default tolerance', turn, others[0]!, shared));
        note(differences('at tolerance 1e-7', turn, exact, shared));
      }
    }
    for (const measure of ['cpu', 'seconds'] as const) {
      const theirs = others.map((turn) => (turn[measure] * refits) / rivalRefits);
      yield {
        name: `stability: ${refits} subsets + ${refits} splits, ${measure === 'cpu' ? 'processor' : 'wall'} time`,
        engine: 'float64',
        threads,
        value: median(own.map((turn) => turn[measure])),
        unit: 's',
        rival: rival ? `${rival.name}, extrapolated from ${rivalRefits} of each` : null,
        rivalValue: rival ? median(theirs) : null,
        ratio: rival ? median(theirs.map((value, i) => value / own[i]![measure])) : null,
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
  const taken = rounds * rivalRefits;
  const orders = new Int32Array(taken * rows);
  for (let number = 0; number < taken; number++)
    orders.set(drawSplit(seed, number, rows), number * rows);
  writeFileSync(join(folder, 'x.f64'), new Uint8Array(data.x.buffer));
  writeFileSync(join(folder, 'y.f64'), new Uint8Array(data.y.buffer));
  writeFileSync(join(folder, 'subsets.i32'), new Uint8Array(masks.buffer));
  writeFileSync(join(folder, 'splits.i32'), new Uint8Array(orders.buffer));
  return { folder, rows, columns, train: trainRowsOf(rows, testShare) };
}

/** In how many coefficients of the first refits the signs or zeros are counted otherwise. */
function differences(
  how: string,
  turn: OwnTurn,
  rival: RivalTurn,
  { data, seed }: StudyShared,
): string {
  const p = data.columns;
  const places = new Map<string, number>();
  const counts = [0, 1].map(() => Array.from({ length: p }, () => [0, 0, 0]));
  const add = (kind: number, batches: readonly CountedBatch[], at: number): void => {
    const size = batches[0]!.batch.count;
    const { batch } = batches[Math.floor(at / size)]!;
    for (let j = 0; j < p; j++) {
      if (batch.member[(at % size) * p + j] !== 1) continue;
      counts[kind]![j]![1 + Math.sign(batch.beta[(at % size) * (p + 1) + j + 1]!)]!++;
    }
  };
  for (let number = 0; number < rivalRefits; number++) {
    const key = drawSubset(seed, number, p).join(',');
    if (!places.has(key)) places.set(key, places.size);
    add(0, turn.subsets, places.get(key)!);
    add(1, turn.splits, number);
  }
  let total = 0;
  let other = 0;
  counts.forEach((kind, k) =>
    kind.forEach((column, j) =>
      column.forEach((count, outcome) => {
        total += count;
        other += Math.max(0, count - rival.counts[k]![j]![outcome]!);
      }),
    ),
  );
  return `Signs and zeros of the first ${rivalRefits} subsets and splits: ${total - other} of ${total} counted as by the rival ${how}.`;
}
