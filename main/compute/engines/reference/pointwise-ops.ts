import type { Activation, Engine, Tensor } from '../../engine.ts';
import {
  matrix,
  requireEqualShapes,
  requireKind,
  requirePositive,
  requireVector,
} from '../checks.ts';
import { complementaryError, sigmoid } from './special.ts';
import type { ReferenceStore } from './store.ts';

type PointwiseOps = Pick<
  Engine,
  | 'activate'
  | 'activateGradient'
  | 'layerNorm'
  | 'layerNormGradient'
  | 'rmsNorm'
  | 'rmsNormGradient'
  | 'softCap'
  | 'softCapGradient'
  | 'normaliseRows'
  | 'normaliseRowsGradient'
>;

/** Distribution function of the standard normal. */
const normalCdf = (x: number) => complementaryError(-x / Math.SQRT2) / 2;
const normalDensity = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
/** The argument of the tanh in `gelu_new`, doubled: (1 + tanh u) / 2 = sigmoid(2 u). */
const doubledArgument = (x: number) => 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const doubledSlope = (x: number) => 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);

const activations: Record<Activation, (x: number) => number> = {
  relu: (x) => (x <= 0 ? 0 : x),
  gelu: (x) => x * normalCdf(x),
  gelu_new: (x) => x * sigmoid(doubledArgument(x)),
  silu: (x) => x * sigmoid(x),
};

const derivatives: Record<Activation, (x: number) => number> = {
  relu: (x) => (x > 0 ? 1 : 0),
  gelu: (x) => normalCdf(x) + x * normalDensity(x),
  gelu_new(x) {
    const s = sigmoid(doubledArgument(x));
    return s + x * s * (1 - s) * doubledSlope(x);
  },
  silu(x) {
    const s = sigmoid(x);
    return s + x * s * (1 - s);
  },
};

/** The norm below which a row counts as zero when it is divided by its norm. */
export const smallestNorm = 1e-12;

/** Activations and row norms. */
export function pointwiseOps(store: ReferenceStore): PointwiseOps {
  function dot(a: Float64Array, b: Float64Array): number {
    return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  }

  /** Calls `f` with the index and the numbers of each row of the matrices, in place. */
  function eachRow(matrices: readonly Tensor[], f: (i: number, ...rows: Float64Array[]) => void) {
    const [rows, columns] = matrices[0]!.shape as [number, number];
    const numbers = matrices.map((each) => store.floats(each));
    for (let i = 0; i < rows; i += 1)
      f(i, ...numbers.map((each) => each.subarray(i * columns, (i + 1) * columns)));
  }

  return {
    activate(x, activation) {
      requireKind('activate', 'float', x);
      return store.wrap(store.floats(x).map(activations[activation]), x.shape);
    },
    activateGradient(x, dy, activation) {
      requireEqualShapes('activateGradient', x, dy);
      const slope = derivatives[activation];
      const xs = store.floats(x);
      return store.wrap(
        store.floats(dy).map((value, i) => value * slope(xs[i]!)),
        x.shape,
      );
    },
    layerNorm(x, gain, bias, epsilon) {
      const { rows, columns } = matrix('layerNorm', x);
      if (gain) requireVector('layerNorm', 'gain', gain, columns);
      if (bias) requireVector('layerNorm', 'bias', bias, columns);
      const [y, mean, inverseStd] = [[rows, columns], [rows], [rows]].map((s) => store.create(s));
      const gains = gain && store.floats(gain);
      const biases = bias && store.floats(bias);
      eachRow([x, y!.tensor], (i, xs, ys) => {
        const mu = xs.reduce((sum, value) => sum + value, 0) / columns;
        const variance = xs.reduce((sum, value) => sum + (value - mu) ** 2, 0) / columns;
        const inverse = 1 / Math.sqrt(variance + epsilon);
        mean!.out[i] = mu;
        inverseStd!.out[i] = inverse;
        for (let j = 0; j < columns; j += 1)
          ys[j] = (xs[j]! - mu) * inverse * (gains?.[j] ?? 1) + (biases?.[j] ?? 0);
      });
      return { y: y!.tensor, mean: mean!.tensor, inverseStd: inverseStd!.tensor };
    },
    layerNormGradient(x, gain, mean, inverseStd, dy) {
      const { rows, columns } = matrix('layerNormGradient', x);
      requireEqualShapes('layerNormGradient', x, dy);
      if (gain) requireVector('layerNormGradient', 'gain', gain, columns);
      requireVector('layerNormGradient', 'mean', mean, rows);
      requireVector('layerNormGradient', 'inverseStd', inverseStd, rows);
      const [means, inverses] = [store.floats(mean), store.floats(inverseStd)];
      const gains = gain && store.floats(gain);
      const dx = store.create(x.shape).tensor;
      eachRow([x, dy, dx], (i, xs, dys, dxs) => {
        const normalised = xs.map((value) => (value - means[i]!) * inverses[i]!);
        const slopes = dys.map((value, j) => value * (gains?.[j] ?? 1));
        const meanSlope = slopes.reduce((sum, value) => sum + value, 0) / columns;
        const along = dot(slopes, normalised) / columns;
        for (let j = 0; j < columns; j += 1)
          dxs[j] = inverses[i]! * (slopes[j]! - meanSlope - normalised[j]! * along);
      });
      return dx;
    },
    rmsNorm(x, gain, epsilon) {
      const { rows, columns } = matrix('rmsNorm', x);
      if (gain) requireVector('rmsNorm', 'gain', gain, columns);
      const y = store.create(x.shape).tensor;
      const inverseRms = store.create([rows]);
      const gains = gain && store.floats(gain);
      eachRow([x, y], (i, xs, ys) => {
        const inverse = 1 / Math.sqrt(dot(xs, xs) / columns + epsilon);
        inverseRms.out[i] = inverse;
        ys.set(xs.map((value, j) => value * inverse * (gains?.[j] ?? 1)));
      });
      return { y, inverseRms: inverseRms.tensor };
    },
    rmsNormGradient(x, gain, inverseRms, dy) {
      const { rows, columns } = matrix('rmsNormGradient', x);
      requireEqualShapes('rmsNormGradient', x, dy);
      if (gain) requireVector('rmsNormGradient', 'gain', gain, columns);
      requireVector('rmsNormGradient', 'inverseRms', inverseRms, rows);
      const inverses = store.floats(inverseRms);
      const gains = gain && store.floats(gain);
      const dx = store.create(x.shape).tensor;
      eachRow([x, dy, dx], (i, xs, dys, dxs) => {
        const normalised = xs.map((value) => value * inverses[i]!);
        const slopes = dys.map((value, j) => value * (gains?.[j] ?? 1));
        const along = dot(slopes, normalised) / columns;
        dxs.set(slopes.map((slope, j) => inverses[i]! * (slope - normalised[j]! * along)));
      });
      return dx;
    },
    softCap(x, cap) {
      requireKind('softCap', 'float', x);
      requirePositive('softCap', 'cap', cap);
      return store.wrap(
        store.floats(x).map((value) => cap * Math.tanh(value / cap)),
        x.shape,
      );
    },
    softCapGradient(y, dy, cap) {
      requireEqualShapes('softCapGradient', y, dy);
      requirePositive('softCapGradient', 'cap', cap);
      const ys = store.floats(y);
      return store.wrap(
        store.floats(dy).map((value, i) => value * (1 - (ys[i]! / cap) ** 2)),
        y.shape,
      );
    },
    normaliseRows(x) {
      const { rows } = matrix('normaliseRows', x);
      const y = store.create(x.shape).tensor;
      const norms = store.create([rows]);
      eachRow([x, y], (i, xs, ys) => {
        const norm = Math.sqrt(dot(xs, xs));
        norms.out[i] = norm;
        ys.set(xs.map((value) => value / Math.max(norm, smallestNorm)));
      });
      return { y, norms: norms.tensor };
    },
    normaliseRowsGradient(y, norms, dy) {
      const { rows } = matrix('normaliseRowsGradient', y);
      requireEqualShapes('normaliseRowsGradient', y, dy);
      requireVector('normaliseRowsGradient', 'norms', norms, rows);
      const lengths = store.floats(norms);
      const dx = store.create(y.shape).tensor;
      eachRow([y, dy, dx], (i, ys, dys, dxs) => {
        const along = dot(ys, dys);
        const length = Math.max(lengths[i]!, smallestNorm);
        dxs.set(dys.map((value, j) => (value - ys[j]! * along) / length));
      });
      return dx;
    },
  };
}
