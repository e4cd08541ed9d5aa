import type { Engine, Tensor } from '../engine.ts';
import { bestMatches, type Neighbours } from '../features/directions.ts';
import { FastRandom } from '../fast-random.ts';
import { streams } from '../random.ts';
import type { Steps } from '../steps.ts';
import { mapLayout } from './map-layout.ts';
import { neighbourGraph } from './neighbour-graph.ts';

export interface MapOptions {
  /** Points that count as near, each point itself included. */
  readonly neighbours: number;
  readonly seed: number;
}

/** Rows that are compared with all others between two breaths. */
const rowsPerStep = 256;
const powerSteps = 60;

/**
 * A map of directions in the plane: exact nearest neighbours by cosine on the engine, then UMAP from
 * the two main axes of the directions.
 * @param unit [n, d] with rows of unit length, n > 2
 * @returns [n, 2]
 */
export function* directionMap(
  engine: Engine,
  unit: Tensor,
  { neighbours, seed }: MapOptions,
): Steps<Float32Array> {
  const n = unit.shape[0]!;
  const found = yield* nearestInSteps(engine, unit, Math.min(neighbours, n) - 1);
  yield { phase: 'starting the map', done: 0, total: 1 };
  const start = mainAxes(engine, unit, seed);
  return yield* mapLayout(neighbourGraph(found), start, { seed });
}

function* nearestInSteps(engine: Engine, unit: Tensor, k: number): Steps<Neighbours> {
  const n = unit.shape[0]!;
  const index = new Int32Array(n * k);
  const cosine = new Float32Array(n * k);
  for (let start = 0; start < n; start += rowsPerStep) {
    yield { phase: 'nearest neighbours', done: start, total: n };
    const end = Math.min(n, start + rowsPerStep);
    const part = engine.rows(unit, start, end);
    const found = bestMatches(engine, part, unit, k + 1);
    engine.dispose(part);
    for (let row = start; row < end; row++) {
      const from = (row - start) * found.k;
      let out = row * k;
      for (let rank = from; rank < from + found.k && out < (row + 1) * k; rank++) {
        if (found.index[rank] === row) continue;
        index[out] = found.index[rank]!;
        cosine[out++] = found.cosine[rank]!;
      }
    }
  }
  return { k, index, cosine };
}

/**
 * Coordinates [n, 2] along the two largest principal axes (power iteration on the second moments),
 * scaled to [-10, 10], with a little noise so that no two points coincide.
 */
function mainAxes(engine: Engine, unit: Tensor, seed: number): Float32Array {
  const [n, d] = unit.shape as [number, number];
  const product = engine.matmul(unit, unit, { transA: true });
  const moments = engine.read(product);
  const random = new FastRandom(seed, streams.map, 1);
  const axes: Float64Array[] = [];
  for (let axis = 0; axis < 2; axis++) {
    let vector: Float64Array = Float64Array.from(
      { length: d },
      () => random.below(2 ** 31) / 2 ** 30 - 1,
    );
    for (let step = 0; step < powerSteps; step++) {
      vector = orthonormal(multiply(moments, vector), axes);
    }
    axes.push(vector);
  }
  const both = engine.floats(Float32Array.from(axes.flatMap((axis) => [...axis])), [2, d]);
  const projected = engine.matmul(unit, both, { transB: true });
  const values = Float32Array.from(engine.read(projected));
  engine.dispose(product, both, projected);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
  const noise = () => (random.below(2 ** 31) / 2 ** 30 - 1) * 1e-3;
  for (let i = 0; i < 2 * n; i++) values[i] = (10 * values[i]!) / largest + noise();
  return values;
}

function multiply(square: ArrayLike<number>, vector: Float64Array): Float64Array {
  const d = vector.length;
  return Float64Array.from({ length: d }, (_, row) => {
    let sum = 0;
    for (let column = 0; column < d; column++) sum += square[row * d + column]! * vector[column]!;
    return sum;
  });
}

function orthonormal(vector: Float64Array, axes: readonly Float64Array[]): Float64Array {
  for (const axis of axes) {
    const along = vector.reduce((sum, value, i) => sum + value * axis[i]!, 0);
    vector.forEach((value, i) => (vector[i] = value - along * axis[i]!));
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}
