import type { Engine, MatmulOptions, Tensor } from '../../engine.ts';
import { matrix, overlay, product, requireEqualShapes } from '../checks.ts';
import { requireKind, requireVector } from '../checks.ts';
import type { ReferenceStore } from './store.ts';

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
export function denseOps(store: ReferenceStore): DenseOps {
  /** out[i, j] += sum_p op(a)[i, p] op(b)[p, j] */
  function addProduct(out: Float64Array, a: Tensor, b: Tensor, options: MatmulOptions): void {
    const { m, n, k } = product('matmul', a, b, options);
    const [left, right] = [store.floats(a), store.floats(b)];
    for (let i = 0; i < m; i += 1)
      for (let j = 0; j < n; j += 1) {
        let sum = 0;
        for (let p = 0; p < k; p += 1)
          sum +=
            left[options.transA ? p * m + i : i * k + p]! *
            right[options.transB ? j * k + p : p * n + j]!;
        out[i * n + j]! += sum;
      }
  }

  function combine(
    operation: string,
    x: Tensor,
    y: Tensor,
    f: (x: number, y: number) => number,
  ): Tensor {
    const { columns } = overlay(operation, x, y);
    const [xs, ys] = [store.floats(x), store.floats(y)];
    return store.wrap(
      xs.map((value, i) => f(value, ys[i % columns]!)),
      x.shape,
    );
  }

  return {
    matmul(a, b, options = {}) {
      const { m, n } = product('matmul', a, b, options);
      const { tensor, out } = store.create([m, n]);
      if (options.bias) {
        const bias = store.floats(options.bias);
        for (let i = 0; i < m; i += 1) out.set(bias, i * n);
      }
      addProduct(out, a, b, options);
      return tensor;
    },
    matmulInto(out, a, b, options = {}) {
      const { m, n } = product('matmulInto', a, b, options);
      requireEqualShapes('matmulInto', out, { ...out, shape: [m, n] });
      store.handles.requireApart('matmulInto', out, a, b);
      addProduct(store.floats(out), a, b, options);
    },
    add: (x, y) => combine('add', x, y, (a, b) => a + b),
    subtract: (x, y) => combine('subtract', x, y, (a, b) => a - b),
    multiply: (x, y) => combine('multiply', x, y, (a, b) => a * b),
    scale(x, factor) {
      requireKind('scale', 'float', x);
      return store.wrap(
        store.floats(x).map((value) => factor * value),
        x.shape,
      );
    },
    addInto(out, x, factor = 1) {
      requireEqualShapes('addInto', out, x);
      const [sums, xs] = [store.floats(out), store.floats(x)];
      for (let i = 0; i < xs.length; i += 1) sums[i]! += factor * xs[i]!;
    },
    scaleRows(x, w) {
      const { rows, columns } = matrix('scaleRows', x);
      requireVector('scaleRows', 'w', w, rows);
      const weights = store.floats(w);
      return store.wrap(
        store.floats(x).map((value, i) => value * weights[Math.floor(i / columns)]!),
        x.shape,
      );
    },
    adamStep(parameter, gradient, firstMoment, secondMoment, options) {
      requireEqualShapes('adamStep', parameter, gradient, firstMoment, secondMoment);
      const { learningRate, beta1, beta2, epsilon, step, gradientScale } = options;
      const [w, g] = [store.floats(parameter), store.floats(gradient)];
      const [m, v] = [store.floats(firstMoment), store.floats(secondMoment)];
      for (let i = 0; i < w.length; i += 1) {
        const slope = gradientScale * g[i]!;
        m[i] = beta1 * m[i]! + (1 - beta1) * slope;
        v[i] = beta2 * v[i]! + (1 - beta2) * slope * slope;
        const unbiasedM = m[i]! / (1 - beta1 ** step);
        const unbiasedV = v[i]! / (1 - beta2 ** step);
        w[i]! -= (learningRate * unbiasedM) / (Math.sqrt(unbiasedV) + epsilon);
      }
    },
  };
}
