import type { AttentionShape } from '../../../../main/compute/engine.ts';
import type { ErrorCode } from '../../../../shared/errors.ts';
import type { Workbench } from './workbench.ts';

/** A call that every engine must refuse, and the code of its error. */
export interface Misfit {
  readonly name: string;
  readonly code: ErrorCode;
  run(bench: Workbench): unknown;
}

function misfit(name: string, run: (bench: Workbench) => unknown, code?: ErrorCode): Misfit {
  return { name, code: code ?? 'shape-mismatch', run };
}

const adam = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  step: 1,
  gradientScale: 1,
};

const attentionShape: AttentionShape = {
  sequences: 1,
  length: 4,
  heads: 2,
  keyHeads: 1,
  scale: 1,
};

function code(b: Workbench) {
  const x = b.engine.sparsify(b.sparse([4, 6], 0.5));
  [x.pointers, x.indices, x.values].forEach((tensor) => b.keep(tensor));
  return x;
}

export const misfits: readonly Misfit[] = [
  misfit('floats that do not fill their shape', (b) => b.engine.floats([1, 2], [3])),
  misfit('a negative size', (b) => b.engine.zeros([-1])),
  misfit('a fractional size', (b) => b.engine.zeros([1.5])),
  misfit('reshape to another size', (b) => b.engine.reshape(b.normals([2, 3]), [5])),
  misfit('rows past the end', (b) => b.engine.rows(b.normals([2, 3]), 1, 3)),
  misfit('rows in reverse', (b) => b.engine.rows(b.normals([2, 3]), 2, 1)),
  misfit('read of integers', (b) => b.engine.read(b.integers(2, 0, 1)), 'dtype-mismatch'),
  misfit('readInts of floats', (b) => b.engine.readInts(b.normals([2])), 'dtype-mismatch'),
  misfit('matmul of unequal inner sizes', (b) =>
    b.engine.matmul(b.normals([2, 3]), b.normals([2, 3])),
  ),
  misfit('matmul of unequal inner sizes, transposed', (b) =>
    b.engine.matmul(b.normals([2, 3]), b.normals([3, 2]), { transB: true }),
  ),
  misfit('matmul of a vector', (b) => b.engine.matmul(b.normals([3]), b.normals([3, 2]))),
  misfit('matmul with a bias of another length', (b) =>
    b.engine.matmul(b.normals([2, 3]), b.normals([3, 2]), { bias: b.normals([3]) }),
  ),
  misfit(
    'matmul of integers',
    (b) => b.engine.matmul(b.keep(b.engine.ints([1], [1, 1])), b.normals([1, 1])),
    'dtype-mismatch',
  ),
  misfit('matmulInto an output of another shape', (b) =>
    b.engine.matmulInto(b.normals([2, 2]), b.normals([2, 3]), b.normals([3, 3])),
  ),
  misfit(
    'matmulInto one of its operands',
    (b) => {
      const x = b.normals([3, 3]);
      b.engine.matmulInto(x, x, b.normals([3, 3]));
    },
    'bad-input',
  ),
  misfit('add of a column', (b) => b.engine.add(b.normals([2, 3]), b.normals([2]))),
  misfit('multiply of another shape', (b) =>
    b.engine.multiply(b.normals([2, 3]), b.normals([3, 2])),
  ),
  misfit('addInto of a row', (b) => b.engine.addInto(b.normals([2, 3]), b.normals([3]))),
  misfit('copyInto of another shape', (b) =>
    b.engine.copyInto(b.normals([2, 3]), b.normals([3, 2])),
  ),
  misfit('scaleRows by another length', (b) =>
    b.engine.scaleRows(b.normals([2, 3]), b.normals([3])),
  ),
  misfit('activateGradient of another shape', (b) =>
    b.engine.activateGradient(b.normals([2]), b.normals([3]), 'relu'),
  ),
  misfit('layerNorm with a gain of another length', (b) =>
    b.engine.layerNorm(b.normals([2, 3]), b.normals([2]), undefined, 1e-5),
  ),
  misfit('rmsNorm with a gain of another length', (b) =>
    b.engine.rmsNorm(b.normals([2, 3]), b.normals([2]), 1e-6),
  ),
  misfit('softCap at 0', (b) => b.engine.softCap(b.normals([2]), 0), 'bad-input'),
  misfit('rotate of heads narrower than the tables', (b) =>
    b.engine.rotate(b.normals([4, 6]), b.normals([2, 2]), b.normals([2, 2]), { heads: 2 }),
  ),
  misfit('rotate of rows beyond the tables', (b) =>
    b.engine.rotate(b.normals([5, 8]), b.normals([2, 2]), b.normals([2, 2]), { heads: 2 }),
  ),
  misfit('attention with fewer keys than queries', (b) => {
    const [q, k] = [b.normals([4, 4]), b.normals([3, 2])];
    return b.engine.attention(q, k, k, { ...attentionShape, keyLength: 3 });
  }),
  misfit(
    'attention in a window of nothing',
    (b) => {
      const [q, k] = [b.normals([4, 4]), b.normals([4, 2])];
      return b.engine.attention(q, k, k, { ...attentionShape, window: 0 });
    },
    'bad-input',
  ),
  misfit('layerNormGradient with means of another length', (b) => {
    const x = b.normals([2, 3]);
    return b.engine.layerNormGradient(x, undefined, b.normals([3]), b.normals([2]), x);
  }),
  misfit('normaliseRows of a vector', (b) => b.engine.normaliseRows(b.normals([3]))),
  misfit('normaliseRowsGradient with norms of another length', (b) =>
    b.engine.normaliseRowsGradient(b.normals([2, 3]), b.normals([3]), b.normals([2, 3])),
  ),
  misfit(
    'gather of an id past the table',
    (b) => b.engine.gather(b.normals([2, 3]), b.keep(b.engine.ints([0, 2], [2]))),
    'bad-input',
  ),
  misfit(
    'gather of a negative id',
    (b) => b.engine.gather(b.normals([2, 3]), b.keep(b.engine.ints([-1], [1]))),
    'bad-input',
  ),
  misfit(
    'gather by floats',
    (b) => b.engine.gather(b.normals([2, 3]), b.normals([1])),
    'dtype-mismatch',
  ),
  misfit('scatterAddInto of another number of rows', (b) =>
    b.engine.scatterAddInto(b.normals([2, 3]), b.integers(2, 0, 1), b.normals([3, 3])),
  ),
  misfit(
    'scatterAddInto past the table',
    (b) =>
      b.engine.scatterAddInto(
        b.normals([2, 3]),
        b.keep(b.engine.ints([5], [1])),
        b.normals([1, 3]),
      ),
    'bad-input',
  ),
  misfit('attention with rows that are not sequences times length', (b) =>
    b.engine.attention(b.normals([5, 4]), b.normals([5, 2]), b.normals([5, 2]), attentionShape),
  ),
  misfit('attention with as many key columns as query columns', (b) =>
    b.engine.attention(b.normals([4, 4]), b.normals([4, 4]), b.normals([4, 4]), attentionShape),
  ),
  misfit('attention with key heads that do not divide the heads', (b) =>
    b.engine.attention(b.normals([4, 6]), b.normals([4, 4]), b.normals([4, 4]), {
      ...attentionShape,
      heads: 3,
      keyHeads: 2,
    }),
  ),
  misfit('attentionGradient with another dy', (b) => {
    const [q, k] = [b.normals([4, 4]), b.normals([4, 2])];
    const args = [q, k, k, q, b.normals([8]), b.normals([4, 2]), attentionShape] as const;
    return b.engine.attentionGradient(...args);
  }),
  misfit('crossEntropy with targets of another length', (b) =>
    b.engine.crossEntropy(b.normals([2, 3]), b.integers(3, 0, 1)),
  ),
  misfit(
    'crossEntropy with a target past the vocabulary',
    (b) => b.engine.crossEntropy(b.normals([1, 3]), b.keep(b.engine.ints([3], [1]))),
    'bad-input',
  ),
  misfit('crossEntropyGradient with weights of another length', (b) =>
    b.engine.crossEntropyGradient(b.normals([2, 3]), b.integers(2, 0, 1), b.normals([3])),
  ),
  misfit('klDivergence of unequal shapes', (b) =>
    b.engine.klDivergence(b.normals([2, 3]), b.normals([2, 4])),
  ),
  misfit('klDivergenceFirstGradient with weights of another length', (b) =>
    b.engine.klDivergenceFirstGradient(b.normals([2, 3]), b.normals([2, 3]), b.normals([3])),
  ),
  misfit('klDivergenceGradient with weights of another length', (b) =>
    b.engine.klDivergenceGradient(b.normals([2, 3]), b.normals([2, 3]), b.normals([3])),
  ),
  misfit('compareLogits of unequal shapes', (b) =>
    b.engine.compareLogits(b.normals([2, 3]), b.normals([2, 4]), b.integers(2, 0, 1)),
  ),
  misfit('sumRows of a vector', (b) => b.engine.sumRows(b.normals([3]))),
  misfit('dotRows of unequal shapes', (b) =>
    b.engine.dotRows(b.normals([2, 3]), b.normals([3, 2])),
  ),
  misfit('normRows with p = 0', (b) => b.engine.normRows(b.normals([2, 3]), 0), 'bad-input'),
  misfit('normRowsGradient with norms of another length', (b) =>
    b.engine.normRowsGradient(b.normals([2, 3]), b.normals([3]), 1, b.normals([2])),
  ),
  misfit('topK of more than a row', (b) => b.engine.topK(b.normals([2, 3]), 4)),
  misfit('largestOfRows of more than a row', (b) => b.engine.largestOfRows(b.normals([2, 3]), 4)),
  misfit('sparsifyAbove limits of other columns', (b) =>
    b.engine.sparsifyAbove(b.normals([2, 3]), b.normals([2])),
  ),
  misfit('linearAbove of other inner sizes', (b) =>
    b.engine.linearAbove(b.normals([2, 3]), b.normals([4, 2]), b.normals([4]), 8),
  ),
  misfit('linearAbove with a bias of other columns', (b) =>
    b.engine.linearAbove(b.normals([2, 3]), b.normals([4, 3]), b.normals([3]), 8),
  ),
  misfit(
    'largestEntries of a negative number',
    (b) => b.engine.largestEntries(b.normals([2, 3]), -1),
    'bad-input',
  ),
  misfit('largestInColumns of a vector', (b) => b.engine.largestInColumns(b.normals([3]))),
  misfit('sparsify of a vector', (b) => b.engine.sparsify(b.normals([3]))),
  misfit('withValues of another count', (b) => b.engine.withValues(code(b), b.normals([99]))),
  misfit('sparseMatmul with a dictionary of other latents', (b) =>
    b.engine.sparseMatmul(code(b), b.normals([5, 3])),
  ),
  misfit('sparseMatmul with a bias of another length', (b) =>
    b.engine.sparseMatmul(code(b), b.normals([6, 3]), b.normals([4])),
  ),
  misfit('sparseTransposeMatmul with other rows', (b) =>
    b.engine.sparseTransposeMatmul(code(b), b.normals([6, 3])),
  ),
  misfit('sampledMatmul of unequal widths', (b) =>
    b.engine.sampledMatmul(code(b), b.normals([4, 3]), b.normals([6, 2])),
  ),
  misfit('sparseNormRowsGradient with norms of another length', (b) =>
    b.engine.sparseNormRowsGradient(code(b), b.normals([5]), 1, b.normals([4])),
  ),
  misfit('adamStep with moments of another shape', (b) => {
    const x = b.normals([4]);
    b.engine.adamStep(x, x, x, b.normals([5]), adam);
  }),
];
