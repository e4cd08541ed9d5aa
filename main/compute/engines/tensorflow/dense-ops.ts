import type { AdamOptions, Engine, MatmulOptions, Tensor } from '../../engine.ts';
import { matrix, overlay, product, requireEqualShapes } from '../checks.ts';
import { requireKind, requireVector } from '../checks.ts';
import type { RawOps } from './raw-ops.ts';
import type { TensorflowStore, Value } from './store.ts';

type DenseOps = Pick<
  Engine,
  | 'matmul'
  | 'matmulInto'
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'scale'
  | 'addInto'
  | 'copyInto'
  | 'scaleRows'
  | 'adamStep'
>;

/** Engines number the variables of their optimiser steps apart: TensorFlow knows them by name. */
let variables = 0;

/** Products, sums and the optimiser. */
export function denseOps(store: TensorflowStore): DenseOps {
  const variableNames = [1, 2].map(() => `assay-${(variables += 1)}`);

  function times(ops: RawOps, a: Tensor, b: Tensor, { transA, transB }: MatmulOptions) {
    const attributes = { transpose_a: transA ?? false, transpose_b: transB ?? false };
    return ops.call('MatMul', [ops.at(a), ops.at(b)], attributes);
  }

  /** A product with a row added to each row: at once on a GPU, where a pass of its own is dear. */
  function timesPlus(ops: RawOps, a: Tensor, b: Tensor, bias: Tensor, options: MatmulOptions) {
    if (!store.onGpu || a.size === 0)
      return ops.call('BiasAdd', [times(ops, a, b, options), ops.at(bias)]);
    const { transA, transB } = options;
    return ops.call('_FusedMatMul', [ops.at(a), ops.at(b), ops.at(bias)], {
      transpose_a: transA ?? false,
      transpose_b: transB ?? false,
      num_args: 1,
      fused_ops: { texts: ['BiasAdd'] },
    });
  }

  /** Adam on the CPU, where TensorFlow would make several passes: each moment, then the parameter. */
  function adamOnCpu(
    ops: RawOps,
    [parameter, gradient, first, second]: readonly [Tensor, Tensor, Tensor, Tensor],
    { learningRate, beta1, beta2, epsilon, step, gradientScale }: AdamOptions,
  ): void {
    const slope = ops.at(gradient);
    const advance = (moment: Tensor, beta: number, power: 1 | 2) => {
      const factors = ops.numbers([beta, (1 - beta) * gradientScale ** power]);
      const operands = [ops.at(moment), slope, factors, ops.int(power)];
      ops.put(moment, ops.call('AssayNextMoment', operands));
    };
    advance(first, beta1, 1);
    advance(second, beta2, 2);
    const secondRoot = Math.sqrt(1 - beta2 ** step);
    const rate = (learningRate * secondRoot) / (1 - beta1 ** step);
    const settings = ops.numbers([rate, epsilon * secondRoot]);
    const operands = [parameter, first, second].map((tensor) => ops.at(tensor));
    ops.put(parameter, ops.call('AssayNextParameter', [...operands, settings]));
  }

  function combine(name: 'add' | 'subtract' | 'multiply', x: Tensor, y: Tensor): Tensor {
    overlay(name, x, y);
    return store.run((ops) => ops.keep(ops[name](ops.at(x), ops.at(y))));
  }

  /**
   * Lets `work` change tensors in place, as variables, which lose their numbers to the tensors again.
   * A variable must be the only one that holds its numbers, or it would copy them before it writes.
   */
  function inVariables(ops: RawOps, tensors: Tensor[], work: (variables: Value[]) => void): void {
    const variables = tensors.map((tensor, i) => {
      const shared_name = { text: variableNames[i]! };
      const attributes = { dtype: 'float32', shape: [], shared_name } as const;
      const variable = ops.call('VarHandleOp', [], attributes);
      const storage = store.storageOf(tensor);
      ops.callMany('AssignVariableOp', [variable, ops.at(tensor)], {}, 0);
      store.delete(storage.value);
      return { variable, storage };
    });
    try {
      work(variables.map(({ variable }) => variable));
    } finally {
      for (const { variable, storage } of variables) {
        const { shape } = storage.value;
        const found = ops.call('ReadVariableOp', [variable], { dtype: 'float32' });
        storage.value = ops.release(ops.reshape(found, shape));
        ops.callMany('DestroyResourceOp', [variable], {}, 0);
      }
    }
  }

  return {
    matmul(a, b, options = {}) {
      product('matmul', a, b, options);
      return store.run((ops) => {
        const { bias } = options;
        return ops.keep(bias ? timesPlus(ops, a, b, bias, options) : times(ops, a, b, options));
      });
    },
    matmulInto(out, a, b, options = {}) {
      const { m, n } = product('matmulInto', a, b, options);
      requireEqualShapes('matmulInto', out, { ...out, shape: [m, n] });
      store.handles.requireApart('matmulInto', out, a, b);
      store.run((ops) => ops.put(out, ops.add(ops.at(out), times(ops, a, b, options))));
    },
    add: (x, y) => combine('add', x, y),
    subtract: (x, y) => combine('subtract', x, y),
    multiply: (x, y) => combine('multiply', x, y),
    scale(x, factor) {
      requireKind('scale', 'float', x);
      return store.run((ops) => ops.keep(ops.scale(ops.at(x), factor)));
    },
    addInto(out, x, factor = 1) {
      requireEqualShapes('addInto', out, x);
      store.run((ops) => ops.put(out, ops.add(ops.at(out), ops.scale(ops.at(x), factor))));
    },
    copyInto(out, x) {
      requireEqualShapes('copyInto', out, x);
      store.run((ops) => ops.put(out, ops.call('Identity', [ops.at(x)])));
    },
    scaleRows(x, w) {
      const { rows } = matrix('scaleRows', x);
      requireVector('scaleRows', 'w', w, rows);
      return store.run((ops) => ops.keep(ops.multiply(ops.at(x), ops.column(ops.at(w)))));
    },
    /**
     * TensorFlow's own kernel of Adam takes 1 - beta in float32, which at beta2 = 0.999 is off by
     * 1.3e-5; so the moments are made by a product and a descent, and the parameter by the step of
     * AdaGrad with our moments in the place of its own.
     */
    adamStep(parameter, gradient, firstMoment, secondMoment, options) {
      requireEqualShapes('adamStep', parameter, gradient, firstMoment, secondMoment);
      const { learningRate, beta1, beta2, epsilon, step, gradientScale } = options;
      const secondRoot = Math.sqrt(1 - beta2 ** step);
      store.run((ops) => {
        if (!store.onGpu)
          return adamOnCpu(ops, [parameter, gradient, firstMoment, secondMoment], options);
        const slope = ops.at(gradient);
        const moments = [
          { tensor: firstMoment, beta: beta1, change: slope, scale: gradientScale },
          {
            tensor: secondMoment,
            beta: beta2,
            change: ops.square(slope),
            scale: gradientScale ** 2,
          },
        ];
        for (const { tensor, beta, change, scale } of moments) {
          ops.put(tensor, ops.scale(ops.at(tensor), beta));
          inVariables(ops, [tensor], (variables) => {
            const rate = ops.number(-(1 - beta) * scale);
            ops.callMany('ResourceApplyGradientDescent', [...variables, rate, change], {}, 0);
          });
        }
        const direction = ops.at(firstMoment);
        inVariables(ops, [parameter, secondMoment], (variables) => {
          const rate = ops.number((learningRate * secondRoot) / (1 - beta1 ** step));
          const operands = [...variables, rate, ops.number(epsilon * secondRoot), direction];
          ops.callMany('ResourceApplyAdagradV2', operands, { update_slots: false }, 0);
        });
      });
    },
  };
}
