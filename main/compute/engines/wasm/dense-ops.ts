import type { Engine, Tensor } from '../../engine.ts';
import { matrix, overlay, product, requireEqualShapes } from '../checks.ts';
import { requireKind, requireVector } from '../checks.ts';
import { multiply } from './matmul.ts';
import type { WasmStore } from './store.ts';

type DenseOps = Pick<
  Engine,
  | 'matmul'
  | 'matmulInto'
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'scale'
  | 'addInto'
  | 'scaleRows'
  | 'adamStep'
>;

/** Products, sums and the optimiser. */
export function denseOps(store: WasmStore): DenseOps {
  function combine(kernel: 'add' | 'subtract' | 'multiply', x: Tensor, y: Tensor): Tensor {
    const { columns } = overlay(kernel, x, y);
    const out = store.create(x.shape);
    const operands = [store.at(x), store.at(y), store.at(out)];
    if (columns === x.size) store.runElements(kernel, x.size, ...operands);
    else store.runRows(`${kernel}Row`, x.size / columns, columns, ...operands, columns);
    return out;
  }

  return {
    matmul(a, b, options = {}) {
      const { m, n } = product('matmul', a, b, options);
      const out = store.create([m, n]);
      multiply(store, out, a, b, options, false);
      return out;
    },
    matmulInto(out, a, b, options = {}) {
      const { m, n } = product('matmulInto', a, b, options);
      requireEqualShapes('matmulInto', out, { ...out, shape: [m, n] });
      store.handles.requireApart('matmulInto', out, a, b);
      multiply(store, out, a, b, options, true);
    },
    add: (x, y) => combine('add', x, y),
    subtract: (x, y) => combine('subtract', x, y),
    multiply: (x, y) => combine('multiply', x, y),
    scale(x, factor) {
      requireKind('scale', 'float', x);
      const out = store.create(x.shape);
      store.runElements('scale', x.size, store.at(x), store.at(out), factor);
      return out;
    },
    addInto(out, x, factor = 1) {
      requireEqualShapes('addInto', out, x);
      store.runElements('addScaled', x.size, store.at(out), store.at(x), factor);
    },
    scaleRows(x, w) {
      const { rows, columns } = matrix('scaleRows', x);
      requireVector('scaleRows', 'w', w, rows);
      const out = store.create(x.shape);
      store.runRows('scaleRows', rows, columns, store.at(x), store.at(w), store.at(out), columns);
      return out;
    },
    adamStep(parameter, gradient, firstMoment, secondMoment, options) {
      requireEqualShapes('adamStep', parameter, gradient, firstMoment, secondMoment);
      const { learningRate, beta1, beta2, epsilon, step, gradientScale } = options;
      store.runElements(
        'adamStep',
        parameter.size,
        ...[parameter, gradient, firstMoment, secondMoment].map((tensor) => store.at(tensor)),
        gradientScale,
        ...[beta1, 1 - beta1, beta2, 1 - beta2],
        learningRate / (1 - beta1 ** step),
        1 / Math.sqrt(1 - beta2 ** step),
        epsilon,
      );
    },
  };
}
