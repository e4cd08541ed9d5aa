import type {
  Activation,
  AttentionShape,
  Engine,
  Tensor,
} from '../../../../main/compute/engine.ts';
import type { Random } from '../../../support/random.ts';

/**
 * A differentiable function of some operands, and its gradients by the engine's own operations: given
 * the gradient `seed` of a scalar with respect to the output, `gradients` answers one tensor per
 * operand. Shapes are [rows, columns] of `shape`, drawn afresh for each try.
 */
export interface GradientCase {
  readonly name: string;
  /** Shapes of the operands. */
  operands(random: Random): number[][];
  forward(engine: Engine, operands: Tensor[]): Tensor;
  gradients(engine: Engine, operands: Tensor[], seed: Tensor): (Tensor | undefined)[];
}

const matrixOf = (random: Random): number[][] => [[random.integer(1, 6), random.integer(1, 9)]];
const wideMatrix = (random: Random): number[][] => [[random.integer(1, 5), random.integer(2, 9)]];

const activations: readonly Activation[] = ['relu', 'gelu', 'gelu_new', 'silu'];

function activationCase(activation: Activation): GradientCase {
  return {
    name: `activate ${activation}`,
    operands: matrixOf,
    forward: (e, [x]) => e.activate(x!, activation),
    gradients: (e, [x], dy) => [e.activateGradient(x!, dy, activation)],
  };
}

function productCase(transA: boolean, transB: boolean): GradientCase {
  return {
    name: `matmul ${transA ? 'T' : 'N'}${transB ? 'T' : 'N'}`,
    operands(random) {
      const [m, n, k] = [random.integer(1, 5), random.integer(1, 5), random.integer(1, 5)];
      return [transA ? [k, m] : [m, k], transB ? [n, k] : [k, n]];
    },
    forward: (e, [a, b]) => e.matmul(a!, b!, { transA, transB }),
    gradients: (e, [a, b], dy) => [
      transA
        ? e.matmul(b!, dy, { transA: transB, transB: true })
        : e.matmul(dy, b!, { transB: !transB }),
      transB
        ? e.matmul(dy, a!, { transA: true, transB: transA })
        : e.matmul(a!, dy, { transA: !transA }),
    ],
  };
}

const layerNorm: GradientCase = {
  name: 'layerNorm',
  operands(random) {
    const [[r, c]] = wideMatrix(random) as [[number, number]];
    return [[r, c], [c]];
  },
  forward: (e, [x, gain]) => e.layerNorm(x!, gain, undefined, 1e-5).y,
  gradients(e, [x, gain], dy) {
    const { mean, inverseStd } = e.layerNorm(x!, gain, undefined, 1e-5);
    return [e.layerNormGradient(x!, gain, mean, inverseStd, dy), undefined];
  },
};

const normaliseRows: GradientCase = {
  name: 'normaliseRows',
  operands: wideMatrix,
  forward: (e, [x]) => e.normaliseRows(x!).y,
  gradients(e, [x], dy) {
    const { y, norms } = e.normaliseRows(x!);
    return [e.normaliseRowsGradient(y, norms, dy)];
  },
};

const rmsNorm: GradientCase = {
  name: 'rmsNorm',
  operands(random) {
    const [[r, c]] = wideMatrix(random) as [[number, number]];
    return [[r, c], [c]];
  },
  forward: (e, [x, gain]) => e.rmsNorm(x!, gain, 1e-6).y,
  gradients(e, [x, gain], dy) {
    const { inverseRms } = e.rmsNorm(x!, gain, 1e-6);
    return [e.rmsNormGradient(x!, gain, inverseRms, dy), undefined];
  },
};

const softCap: GradientCase = {
  name: 'softCap',
  operands: matrixOf,
  forward: (e, [x]) => e.softCap(x!, 1.5),
  gradients: (e, [x], dy) => [e.softCapGradient(e.softCap(x!, 1.5), dy, 1.5)],
};

const rotate: GradientCase = {
  name: 'rotate',
  operands: () => [
    [6, 10],
    [3, 2],
    [3, 2],
  ],
  forward: (e, [x, cosines, sines]) => e.rotate(x!, cosines!, sines!, { heads: 2 }),
  gradients: (e, [, cosines, sines], dy) => [
    e.rotate(dy, cosines!, sines!, { heads: 2, inverse: true }),
    undefined,
    undefined,
  ],
};

function attentionCase(
  heads: number,
  keyHeads: number,
  what = '',
  options: Pick<AttentionShape, 'window' | 'softCap'> & { past?: number } = {},
): GradientCase {
  const { past = 0, ...bounds } = options;
  const sizes = (q: Tensor, k: Tensor) => {
    const sequences = 2;
    const scale = 1 / Math.sqrt(k.shape[1]! / keyHeads);
    const [length, keyLength] = [q.shape[0]! / sequences, k.shape[0]! / sequences];
    return { sequences, length, keyLength, heads, keyHeads, scale, ...bounds };
  };
  return {
    name: `attention with ${heads} heads over ${keyHeads}${what}`,
    operands(random) {
      const [length, width] = [random.integer(1, 5), random.integer(1, 4)];
      const keys = 2 * (length + past);
      return [
        [2 * length, heads * width],
        [keys, keyHeads * width],
        [keys, keyHeads * width],
      ];
    },
    forward: (e, [q, k, v]) => e.attention(q!, k!, v!, sizes(q!, k!)).y,
    gradients(e, [q, k, v], dy) {
      const { y, logSum } = e.attention(q!, k!, v!, sizes(q!, k!));
      const { dq, dk, dv } = e.attentionGradient(q!, k!, v!, y, logSum, dy, sizes(q!, k!));
      return [dq, dk, dv];
    },
  };
}

/** One target per row, the first row without one. */
const targetsOf = (e: Engine, x: Tensor) =>
  e.ints(
    Array.from({ length: x.shape[0]! }, (_, i) => (i === 0 ? -1 : (i * 5) % x.shape[1]!)),
    [x.shape[0]!],
  );

const crossEntropy: GradientCase = {
  name: 'crossEntropy',
  operands: wideMatrix,
  forward: (e, [x]) => e.crossEntropy(x!, targetsOf(e, x!)),
  gradients: (e, [x], weight) => [e.crossEntropyGradient(x!, targetsOf(e, x!), weight)],
};

const klDivergence: GradientCase = {
  name: 'klDivergence with respect to q',
  operands(random) {
    const [shape] = wideMatrix(random) as [number[]];
    return [shape, shape];
  },
  forward: (e, [p, q]) => e.klDivergence(p!, q!),
  gradients: (e, [p, q], weight) => [
    e.klDivergenceFirstGradient(p!, q!, weight),
    e.klDivergenceGradient(p!, q!, weight),
  ],
};

function normCase(p: number): GradientCase {
  return {
    name: `normRows, p = ${p}`,
    operands: matrixOf,
    forward: (e, [x]) => e.normRows(x!, p),
    gradients: (e, [x], weight) => [e.normRowsGradient(x!, e.normRows(x!, p), p, weight)],
  };
}

/** A code with a fixed pattern (every third entry) whose values are the operand. */
function codeOf(e: Engine, rows: number, columns: number, values: Tensor) {
  const pattern = Array.from({ length: rows * columns }, (_, at) => (at % 3 === 0 ? 1 : 0));
  return e.withValues(e.sparsify(e.floats(pattern, [rows, columns])), values);
}

const sparseShape = (random: Random) => ({ rows: random.integer(1, 5), d: random.integer(1, 5) });
const latents = 7;
const stored = (rows: number) => Math.ceil((rows * latents) / 3);

const sparseMatmul: GradientCase = {
  name: 'sparseMatmul',
  operands(random) {
    const { rows, d } = sparseShape(random);
    return [[stored(rows)], [latents, d], [rows, 1]];
  },
  forward: (e, [values, dense, like]) =>
    e.sparseMatmul(codeOf(e, like!.shape[0]!, latents, values!), dense!),
  gradients(e, [values, dense, like], dy) {
    const code = codeOf(e, like!.shape[0]!, latents, values!);
    return [e.sampledMatmul(code, dy, dense!), e.sparseTransposeMatmul(code, dy), undefined];
  },
};

function sparseNormCase(p: number): GradientCase {
  return {
    name: `sparseNormRows, p = ${p}`,
    operands(random) {
      const { rows } = sparseShape(random);
      return [[stored(rows)], [rows, 1]];
    },
    forward: (e, [values, like]) =>
      e.sparseNormRows(codeOf(e, like!.shape[0]!, latents, values!), p),
    gradients(e, [values, like], weight) {
      const code = codeOf(e, like!.shape[0]!, latents, values!);
      return [e.sparseNormRowsGradient(code, e.sparseNormRows(code, p), p, weight), undefined];
    },
  };
}

export const gradientCases: readonly GradientCase[] = [
  ...activations.map(activationCase),
  productCase(false, false),
  productCase(true, false),
  productCase(false, true),
  productCase(true, true),
  layerNorm,
  rmsNorm,
  softCap,
  rotate,
  normaliseRows,
  attentionCase(2, 2),
  attentionCase(4, 2),
  attentionCase(2, 1, ', in a window', { window: 2 }),
  attentionCase(2, 2, ', with bounded scores', { softCap: 0.7 }),
  attentionCase(4, 2, ', after earlier keys', { past: 3, window: 4, softCap: 2 }),
  crossEntropy,
  klDivergence,
  ...[0.5, 1, 2, 3].map(normCase),
  sparseMatmul,
  sparseNormCase(1),
  sparseNormCase(2),
];
