import type { Activation, Engine, Tensor } from '../../engine.ts';
import { matrix, requireEqualShapes, requireKind, requirePositive } from '../checks.ts';
import { requireVector } from '../checks.ts';
import type { RawOps } from './raw-ops.ts';
import type { TensorflowStore, Value } from './store.ts';

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

/** The norm below which a row counts as zero when it is divided by its norm. */
const smallestNorm = 1e-12;
/** The argument of the sigmoid in `gelu_new`: (1 + tanh u) / 2 = sigmoid(2 u). */
const linearPart = 2 * Math.sqrt(2 / Math.PI);
const cubicPart = 0.044715;

/** x times this is the activation: a distribution function, or a sigmoid. */
function gate(ops: RawOps, x: Value, activation: Exclude<Activation, 'relu'>): Value {
  if (activation === 'silu') return ops.call('Sigmoid', [x]);
  if (activation === 'gelu') return ops.scale(ops.call('Erfc', [ops.scale(x, -Math.SQRT1_2)]), 0.5);
  const bend = ops.shift(ops.scale(ops.square(x), cubicPart), 1);
  return ops.call('Sigmoid', [ops.multiply(ops.scale(x, linearPart), bend)]);
}

/** Derivative of the gate, given its value. */
function gateSlope(ops: RawOps, x: Value, g: Value, activation: Exclude<Activation, 'relu'>) {
  if (activation === 'gelu')
    return ops.scale(ops.exp(ops.scale(ops.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  const slope = ops.multiply(g, ops.subtract(ops.number(1), g));
  if (activation === 'silu') return slope;
  const inner = ops.shift(ops.scale(ops.square(x), 3 * cubicPart), 1);
  return ops.multiply(slope, ops.scale(inner, linearPart));
}

/** Activations and row norms. */
export function pointwiseOps(store: TensorflowStore): PointwiseOps {
  /** 1 / sqrt(x). TensorFlow's own Rsqrt may be less than exact. */
  const inverseRoot = (ops: RawOps, x: Value) => ops.divide(ops.number(1), ops.root(x));
  const meanSquare = (ops: RawOps, x: Value) => ops.mean(ops.square(x), 1, true);

  /** dy times the gain, where there is one. */
  const slopesOf = (ops: RawOps, dy: Tensor, gain: Tensor | undefined) =>
    gain ? ops.multiply(ops.at(dy), ops.at(gain)) : ops.at(dy);

  return {
    activate(x, activation) {
      requireKind('activate', 'float', x);
      return store.run((ops) => {
        const input = ops.at(x);
        if (activation === 'relu') return ops.keep(ops.call('Relu', [input]));
        return ops.keep(ops.multiply(input, gate(ops, input, activation)));
      });
    },
    activateGradient(x, dy, activation) {
      requireEqualShapes('activateGradient', x, dy);
      return store.run((ops) => {
        const [input, slopes] = [ops.at(x), ops.at(dy)];
        if (activation === 'relu') return ops.keep(ops.call('ReluGrad', [slopes, input]));
        const g = gate(ops, input, activation);
        const through = ops.multiply(input, gateSlope(ops, input, g, activation));
        return ops.keep(ops.multiply(slopes, ops.add(g, through)));
      });
    },
    layerNorm(x, gain, bias, epsilon) {
      const { rows, columns } = matrix('layerNorm', x);
      if (gain) requireVector('layerNorm', 'gain', gain, columns);
      if (bias) requireVector('layerNorm', 'bias', bias, columns);
      return store.run((ops) => {
        const input = ops.at(x);
        const mean = ops.mean(input, 1, true);
        const centred = ops.subtract(input, mean);
        const inverse = inverseRoot(ops, ops.shift(meanSquare(ops, centred), epsilon));
        let y = ops.multiply(centred, inverse);
        if (gain) y = ops.multiply(y, ops.at(gain));
        if (bias) y = ops.add(y, ops.at(bias));
        const perRow = (value: Value) => ops.keep(ops.reshape(value, [rows]));
        return { y: ops.keep(y), mean: perRow(mean), inverseStd: perRow(inverse) };
      });
    },
    layerNormGradient(x, gain, mean, inverseStd, dy) {
      const { rows, columns } = matrix('layerNormGradient', x);
      requireEqualShapes('layerNormGradient', x, dy);
      if (gain) requireVector('layerNormGradient', 'gain', gain, columns);
      requireVector('layerNormGradient', 'mean', mean, rows);
      requireVector('layerNormGradient', 'inverseStd', inverseStd, rows);
      return store.run((ops) => {
        const inverse = ops.column(ops.at(inverseStd));
        const centred = ops.subtract(ops.at(x), ops.column(ops.at(mean)));
        const normalised = ops.multiply(centred, inverse);
        const slopes = slopesOf(ops, dy, gain);
        const along = ops.mean(ops.multiply(slopes, normalised), 1, true);
        const level = ops.subtract(slopes, ops.mean(slopes, 1, true));
        const rest = ops.subtract(level, ops.multiply(normalised, along));
        return ops.keep(ops.multiply(rest, inverse));
      });
    },
    rmsNorm(x, gain, epsilon) {
      const { rows, columns } = matrix('rmsNorm', x);
      if (gain) requireVector('rmsNorm', 'gain', gain, columns);
      return store.run((ops) => {
        const input = ops.at(x);
        const inverse = inverseRoot(ops, ops.shift(meanSquare(ops, input), epsilon));
        const y = ops.multiply(input, inverse);
        return {
          y: ops.keep(gain ? ops.multiply(y, ops.at(gain)) : y),
          inverseRms: ops.keep(ops.reshape(inverse, [rows])),
        };
      });
    },
    rmsNormGradient(x, gain, inverseRms, dy) {
      const { rows, columns } = matrix('rmsNormGradient', x);
      requireEqualShapes('rmsNormGradient', x, dy);
      if (gain) requireVector('rmsNormGradient', 'gain', gain, columns);
      requireVector('rmsNormGradient', 'inverseRms', inverseRms, rows);
      return store.run((ops) => {
        const inverse = ops.column(ops.at(inverseRms));
        const normalised = ops.multiply(ops.at(x), inverse);
        const slopes = slopesOf(ops, dy, gain);
        const along = ops.mean(ops.multiply(slopes, normalised), 1, true);
        const rest = ops.subtract(slopes, ops.multiply(normalised, along));
        return ops.keep(ops.multiply(rest, inverse));
      });
    },
    softCap(x, cap) {
      requireKind('softCap', 'float', x);
      requirePositive('softCap', 'cap', cap);
      return store.run((ops) =>
        ops.keep(ops.scale(ops.call('Tanh', [ops.scale(ops.at(x), 1 / cap)]), cap)),
      );
    },
    softCapGradient(y, dy, cap) {
      requireEqualShapes('softCapGradient', y, dy);
      requirePositive('softCapGradient', 'cap', cap);
      return store.run((ops) => {
        const bounded = ops.scale(ops.at(y), 1 / cap);
        const slope = ops.subtract(ops.number(1), ops.square(bounded));
        return ops.keep(ops.multiply(ops.at(dy), slope));
      });
    },
    normaliseRows(x) {
      const { rows } = matrix('normaliseRows', x);
      return store.run((ops) => {
        const input = ops.at(x);
        if (!store.onGpu) {
          const [unit, lengths] = ops.callMany('AssayNormaliseRows', [input], {}, 2);
          return { y: ops.keep(unit!), norms: ops.keep(lengths!) };
        }
        const norms = ops.root(ops.sum(ops.square(input), 1, true));
        const y = ops.divide(input, ops.call('Maximum', [norms, ops.number(smallestNorm)]));
        return { y: ops.keep(y), norms: ops.keep(ops.reshape(norms, [rows])) };
      });
    },
    normaliseRowsGradient(y, norms, dy) {
      const { rows } = matrix('normaliseRowsGradient', y);
      requireEqualShapes('normaliseRowsGradient', y, dy);
      requireVector('normaliseRowsGradient', 'norms', norms, rows);
      return store.run((ops) => {
        const [unit, slopes] = [ops.at(y), ops.at(dy)];
        if (!store.onGpu)
          return ops.keep(ops.call('AssayNormaliseRowsGradient', [unit, ops.at(norms), slopes]));
        const along = ops.sum(ops.multiply(unit, slopes), 1, true);
        const rest = ops.subtract(slopes, ops.multiply(unit, along));
        const least = ops.number(smallestNorm);
        const lengths = ops.call('Maximum', [ops.column(ops.at(norms)), least]);
        return ops.keep(ops.divide(rest, lengths));
      });
    },
  };
}
