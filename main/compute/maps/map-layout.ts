import { FastRandom } from '../fast-random.ts';
import { streams } from '../random.ts';
import type { Steps } from '../steps.ts';
import type { NeighbourGraph } from './neighbour-graph.ts';

export interface LayoutOptions {
  readonly seed: number;
  /** 500 up to 10,000 points and 200 above, as in umap-learn, where not given. */
  readonly epochs?: number;
}

/** Of the curve 1 / (1 + a x^2b) for a smallest distance of 0.1 and a spread of 1, as umap-learn fits them. */
const curveA = 1.57694346;
const curveB = 0.8950608779;
const negatives = 5;
const clip = 4;
const edgesPerStep = 1 << 16;

/**
 * Lays points out in the plane so that neighbours of the graph are near each other: UMAP's stochastic
 * gradient descent with negative samples (McInnes, Healy & Melville 2018, algorithm 5). Equal graphs,
 * starts and seeds give equal maps.
 * @param start [points, 2], changed in place and returned
 */
export function* mapLayout(
  graph: NeighbourGraph,
  start: Float32Array,
  options: LayoutOptions,
): Steps<Float32Array> {
  const { points, from, to, weight } = graph;
  const epochs = options.epochs ?? (points <= 10_000 ? 500 : 200);
  const random = new FastRandom(options.seed, streams.map);
  const largest = weight.reduce((most, value) => Math.max(most, value), 0);
  // Epochs between two pulls of an edge: the heaviest is pulled in each.
  const every = Float64Array.from(weight, (value) => largest / value);
  const next = Float64Array.from(every);
  const nextNegative = Float64Array.from(every, (period) => period / negatives);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const rate = 1 - (epoch - 1) / epochs;
    for (let edge = 0; edge < from.length; edge++) {
      if (edge % edgesPerStep === 0) yield { phase: 'laying out', done: epoch - 1, total: epochs };
      const period = every[edge]!;
      if (period > epochs || next[edge]! > epoch) continue;
      const i = 2 * from[edge]!;
      const j = 2 * to[edge]!;
      next[edge]! += period;
      const step = period / negatives;
      const due = Math.max(0, Math.floor((epoch - nextNegative[edge]!) / step));
      nextNegative[edge]! += due * step;
      // Once from each end, as where an edge is listed in both directions.
      pull(start, i, j, rate);
      for (let draw = 0; draw < due; draw++) push(start, i, 2 * random.below(points), rate);
      pull(start, j, i, rate);
      for (let draw = 0; draw < due; draw++) push(start, j, 2 * random.below(points), rate);
    }
  }
  return start;
}

function pull(at: Float32Array, i: number, j: number, rate: number): void {
  const dx = at[i]! - at[j]!;
  const dy = at[i + 1]! - at[j + 1]!;
  const squared = dx * dx + dy * dy;
  if (squared <= 0) return;
  const raised = squared ** curveB;
  const slope = (-2 * curveA * curveB * (raised / squared)) / (curveA * raised + 1);
  const [x, y] = [clipped(slope * dx) * rate, clipped(slope * dy) * rate];
  at[i]! += x;
  at[i + 1]! += y;
  at[j]! -= x;
  at[j + 1]! -= y;
}

function push(at: Float32Array, i: number, j: number, rate: number): void {
  if (i === j) return;
  const dx = at[i]! - at[j]!;
  const dy = at[i + 1]! - at[j + 1]!;
  const squared = dx * dx + dy * dy;
  if (squared <= 0) return;
  const slope = (2 * curveB) / ((0.001 + squared) * (curveA * squared ** curveB + 1));
  at[i]! += clipped(slope * dx) * rate;
  at[i + 1]! += clipped(slope * dy) * rate;
}

function clipped(value: number): number {
  return Math.max(-clip, Math.min(clip, value));
}
