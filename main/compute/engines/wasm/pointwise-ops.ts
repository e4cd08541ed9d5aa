import type { Activation, Engine } from '../../engine.ts';
import {
  matrix,
  requireEqualShapes,
  requireKind,
  requirePositive,
  requireVector,
} from '../checks.ts';
import type { WasmStore } from './store.ts';

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

/** Numbers of the activations in kernels/activations.ts. */
const activations: Record<Activation, number> = { relu: 0, gelu: 1, gelu_new: 2, silu: 3 };

/** Activations and row norms. */
export function pointwiseOps(store: WasmStore): PointwiseOps {
  const { at, atOptional } = store.addresses();
  return {
    activate(x, activation) {
      requireKind('activate', 'float', x);
      const out = store.create(x.shape);
      store.runElements('activate', x.size, activations[activation], at(x), at(out));
      return out;
    },
    activateGradient(x, dy, activation) {
      requireEqualShapes('activateGradient', x, dy);
      const out = store.create(x.shape);
      const operands = [at(x), at(dy), at(out)];
      store.runElements('activateGradient', x.size, activations[activation], ...operands);
      return out;
    },
    layerNorm(x, gain, bias, epsilon) {
      const { rows, columns } = matrix('layerNorm', x);
      if (gain) requireVector('layerNorm', 'gain', gain, columns);
      if (bias) requireVector('layerNorm', 'bias', bias, columns);
      const y = store.create(x.shape);
      const mean = store.create([rows]);
      const inverseStd = store.create([rows]);
      const operands = [at(x), atOptional(gain), atOptional(bias)];
      const results = [at(y), at(mean), at(inverseStd)];
      store.runRows('layerNorm', rows, columns, ...operands, ...results, columns, epsilon);
      return { y, mean, inverseStd };
    },
    layerNormGradient(x, gain, mean, inverseStd, dy) {
      const { rows, columns } = matrix('layerNormGradient', x);
      requireEqualShapes('layerNormGradient', x, dy);
      if (gain) requireVector('layerNormGradient', 'gain', gain, columns);
      requireVector('layerNormGradient', 'mean', mean, rows);
      requireVector('layerNormGradient', 'inverseStd', inverseStd, rows);
      const dx = store.create(x.shape);
      const operands = [at(x), atOptional(gain), at(mean), at(inverseStd), at(dy), at(dx)];
      store.runRows('layerNormGradient', rows, columns, ...operands, columns);
      return dx;
    },
    rmsNorm(x, gain, epsilon) {
      const { rows, columns } = matrix('rmsNorm', x);
      if (gain) requireVector('rmsNorm', 'gain', gain, columns);
      const y = store.create(x.shape);
      const inverseRms = store.create([rows]);
      const operands = [at(x), atOptional(gain), at(y), at(inverseRms)];
      store.runRows('rmsNorm', rows, columns, ...operands, columns, epsilon);
      return { y, inverseRms };
    },
    rmsNormGradient(x, gain, inverseRms, dy) {
      const { rows, columns } = matrix('rmsNormGradient', x);
      requireEqualShapes('rmsNormGradient', x, dy);
      if (gain) requireVector('rmsNormGradient', 'gain', gain, columns);
      requireVector('rmsNormGradient', 'inverseRms', inverseRms, rows);
      const dx = store.create(x.shape);
      const operands = [at(x), atOptional(gain), at(inverseRms), at(dy), at(dx)];
      store.runRows('rmsNormGradient', rows, columns, ...operands, columns);
      return dx;
    },
    softCap(x, cap) {
      requireKind('softCap', 'float', x);
      requirePositive('softCap', 'cap', cap);
      const out = store.create(x.shape);
      store.runElements('softCap', x.size, at(x), at(out), cap);
      return out;
    },
    softCapGradient(y, dy, cap) {
      requireEqualShapes('softCapGradient', y, dy);
      requirePositive('softCapGradient', 'cap', cap);
      const out = store.create(y.shape);
      store.runElements('softCapGradient', y.size, at(y), at(dy), at(out), cap);
      return out;
    },
    normaliseRows(x) {
      const { rows, columns } = matrix('normaliseRows', x);
      const y = store.create(x.shape);
      const norms = store.create([rows]);
      store.runRows('normaliseRows', rows, columns, at(x), at(y), at(norms), columns);
      return { y, norms };
    },
    normaliseRowsGradient(y, norms, dy) {
      const { rows, columns } = matrix('normaliseRowsGradient', y);
      requireEqualShapes('normaliseRowsGradient', y, dy);
      requireVector('normaliseRowsGradient', 'norms', norms, rows);
      const dx = store.create(y.shape);
      const operands = [at(y), at(norms), at(dy), at(dx)];
      store.runRows('normaliseRowsGradient', rows, columns, ...operands, columns);
      return dx;
    },
  };
}
