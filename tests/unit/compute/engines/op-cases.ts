import type {
  Activation,
  AttentionShape,
  Sparse,
  Tensor,
} from '../../../../main/compute/engine.ts';
import type { Output, Workbench } from './workbench.ts';

/**
 * One operation on random operands. `tolerance` bounds `deviation` of a float32 engine from the
 * float64 reference: 1 unit in the last place is 6e-8, and a sum of n terms of random sign loses
 * about sqrt(n) of them; what cancels (gradients of normalised rows) loses more.
 */
export interface OpCase {
  readonly name: string;
  readonly tolerance: number;
  /** Random shapes that it is tried on. */
  readonly repetitions: number;
  run(bench: Workbench): Output[];
}

const exact = 0;
const pointwise = 2e-6;
const summed = 4e-6;
const cancelling = 2e-5;

const activations: readonly Activation[] = ['relu', 'gelu', 'gelu_new', 'silu'];

function op(
  name: string,
  tolerance: number,
  run: (bench: Workbench) => Output[],
  repetitions = 16,
): OpCase {
  return { name, tolerance, repetitions, run };
}

/** The sizes [rows, columns] of a random matrix. */
const sizes = (bench: Workbench): [number, number] => [bench.size(), bench.size()];

function sparseOf(bench: Workbench, shape: [number, number], density = 0.1): Sparse {
  const sparse = bench.engine.sparsify(bench.sparse(shape, density));
  for (const tensor of [sparse.pointers, sparse.indices, sparse.values]) bench.keep(tensor);
  return sparse;
}

const storage: OpCase[] = [
  op('floats and read', exact, (b) => [b.normals(sizes(b))]),
  op('ints and readInts', exact, (b) => [b.integers(b.size(), -(2 ** 31), 2 ** 31 - 1)]),
  op('zeros', exact, (b) => [b.engine.zeros(sizes(b))]),
  op('clone', exact, (b) => [b.engine.clone(b.normals(sizes(b)))]),
  op('reshape', exact, (b) => {
    const [r, c] = sizes(b);
    return [b.engine.reshape(b.normals([r, c]), [c, r])];
  }),
  op('rows', exact, (b) => {
    const [r, c] = sizes(b);
    const start = b.random.integer(0, r);
    const end = b.random.integer(start, r);
    return [b.engine.rows(b.normals([r, c]), start, end)];
  }),
  op('rows as operands', summed, (b) => {
    const [r, c] = sizes(b);
    const x = b.keep(b.engine.rows(b.normals([r + 3, c]), 3, r + 3));
    return [b.engine.matmul(x, x, { transB: true }), b.engine.sumRows(x)];
  }),
];

function productCase(transA: boolean, transB: boolean): OpCase[] {
  const name = `${transA ? 'T' : 'N'}${transB ? 'T' : 'N'}`;
  const operands = (b: Workbench, m: number, n: number, k: number): [Tensor, Tensor] => [
    b.normals(transA ? [k, m] : [m, k]),
    b.normals(transB ? [n, k] : [k, n]),
  ];
  return [
    op(`matmul ${name}`, summed, (b) => {
      const [m, n, k] = [b.size(), b.size(), b.size()];
      const bias = b.random.uniform() < 0.5 ? { bias: b.normals([n]) } : {};
      return [b.engine.matmul(...operands(b, m, n, k), { transA, transB, ...bias })];
    }),
    op(
      `matmul ${name} over several blocks`,
      summed,
      (b) => {
        const m = b.random.integer(60, 200);
        const [n, k] = [b.random.integer(60, 400), b.random.integer(200, 700)];
        const [x, y] = operands(b, m, n, k);
        return [b.engine.matmul(x, y, { transA, transB, bias: b.normals([n]) })];
      },
      4,
    ),
    op(`matmulInto ${name}`, summed, (b) => {
      const [m, n, k] = [b.size(), b.size(), b.size() * b.random.pick([1, 1, 9])];
      const out = b.normals([m, n]);
      b.engine.matmulInto(out, ...operands(b, m, n, k), { transA, transB });
      return [out];
    }),
  ];
}

const dense: OpCase[] = [
  ...productCase(false, false),
  ...productCase(true, false),
  ...productCase(false, true),
  ...productCase(true, true),
  op('matmul with an empty inner axis', exact, (b) => {
    const [m, n] = sizes(b);
    return [b.engine.matmul(b.normals([m, 0]), b.normals([0, n]), { bias: b.normals([n]) })];
  }),
  op('matmul of skinny matrices', summed, (b) => {
    const few = b.random.integer(1, 6);
    const [m, n] = b.random.pick([
      [few, b.random.integer(400, 1300)],
      [b.random.integer(400, 1300), few],
    ] as const);
    const k = b.random.pick([1, 2, 7, 300]);
    const [transA, transB] = [b.random.uniform() < 0.5, b.random.uniform() < 0.5];
    const x = b.normals(transA ? [k, m] : [m, k]);
    const y = b.normals(transB ? [n, k] : [k, n]);
    const product = b.engine.matmul(x, y, { transA, transB, bias: b.normals([n]) });
    b.engine.matmulInto(product, x, y, { transA, transB });
    return [product];
  }),
  ...(['add', 'subtract', 'multiply'] as const).flatMap((name) => [
    op(name, pointwise, (b) => {
      const shape = sizes(b);
      return [b.engine[name](b.normals(shape), b.normals(shape))];
    }),
    op(`${name} of a row`, pointwise, (b) => {
      const [r, c] = sizes(b);
      return [b.engine[name](b.normals([r, c]), b.normals([c]))];
    }),
    op(`${name} of long vectors`, pointwise, (b) => {
      const n = b.random.integer(30_000, 90_000);
      return [b.engine[name](b.normals([n]), b.normals([n]))];
    }),
  ]),
  op('scale', pointwise, (b) => [b.engine.scale(b.normals(sizes(b)), b.random.normal())]),
  op('addInto', pointwise, (b) => {
    const shape = sizes(b);
    const out = b.normals(shape);
    b.engine.addInto(out, b.normals(shape));
    b.engine.addInto(out, b.normals(shape), b.random.normal());
    return [out];
  }),
  op('copyInto', pointwise, (b) => {
    const shape = sizes(b);
    const out = b.normals(shape);
    b.engine.copyInto(out, b.normals(shape));
    return [out];
  }),
  op('scaleRows', pointwise, (b) => {
    const [r, c] = sizes(b);
    return [b.engine.scaleRows(b.normals([r, c]), b.normals([r]))];
  }),
  op('adamStep', pointwise, (b) => {
    const shape = [b.size() * b.random.pick([1, 40]), b.size()];
    const w = b.normals(shape);
    const [m, v] = [b.normals(shape, 0.1), b.sparse(shape, 0.9)];
    for (const step of [1, 2, 50])
      b.engine.adamStep(w, b.normals(shape), m, v, {
        learningRate: 1e-2,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        step,
        gradientScale: 0.5,
      });
    return [w, m, v];
  }),
];

const pointwiseCases: OpCase[] = [
  ...activations.flatMap((activation) => [
    op(`activate ${activation}`, pointwise, (b) => [
      b.engine.activate(b.normals(sizes(b), 3), activation),
    ]),
    op(`activateGradient ${activation}`, pointwise, (b) => {
      const shape = sizes(b);
      return [b.engine.activateGradient(b.normals(shape, 3), b.normals(shape), activation)];
    }),
  ]),
  op('layerNorm', summed, (b) => {
    const [r, c] = sizes(b);
    const [gain, bias] = b.random.pick([
      [true, true],
      [true, false],
      [false, false],
    ] as const);
    const x = b.normals([r, c]);
    const shifted = b.keep(b.engine.add(x, b.normals([c], 2)));
    const affine = [gain ? b.normals([c]) : undefined, bias ? b.normals([c]) : undefined] as const;
    const { y, mean, inverseStd } = b.engine.layerNorm(shifted, ...affine, 1e-5);
    return [y, mean, inverseStd];
  }),
  op('layerNormGradient', cancelling, (b) => {
    const [r, c] = [b.size(), b.size() + 8];
    const x = b.normals([r, c]);
    const gain = b.random.uniform() < 0.5 ? b.normals([c]) : undefined;
    const { y, mean, inverseStd } = b.engine.layerNorm(x, gain, undefined, 1e-5);
    [y, mean, inverseStd].forEach((tensor) => b.keep(tensor));
    return [b.engine.layerNormGradient(x, gain, mean, inverseStd, b.normals([r, c]))];
  }),
  op('rmsNorm', summed, (b) => {
    const [r, c] = sizes(b);
    const gain = b.random.uniform() < 0.5 ? b.normals([c]) : undefined;
    const { y, inverseRms } = b.engine.rmsNorm(b.normals([r, c], 3), gain, 1e-6);
    return [y, inverseRms];
  }),
  op('rmsNormGradient', cancelling, (b) => {
    const [r, c] = [b.size(), b.size() + 8];
    const x = b.normals([r, c]);
    const gain = b.random.uniform() < 0.5 ? b.normals([c]) : undefined;
    const { y, inverseRms } = b.engine.rmsNorm(x, gain, 1e-6);
    [y, inverseRms].forEach((tensor) => b.keep(tensor));
    return [b.engine.rmsNormGradient(x, gain, inverseRms, b.normals([r, c]))];
  }),
  ...[0.5, 30].flatMap((cap) => [
    op(`softCap at ${cap}`, pointwise, (b) => [
      b.engine.softCap(b.normals(sizes(b), b.random.pick([0.01, 1, 100])), cap),
    ]),
    op(`softCapGradient at ${cap}`, cancelling, (b) => {
      const x = b.normals(sizes(b), b.random.pick([0.01, 1]));
      const y = b.keep(b.engine.softCap(x, cap));
      return [b.engine.softCapGradient(y, b.normals(x.shape), cap)];
    }),
  ]),
  op('normaliseRows', summed, (b) => {
    const { y, norms } = b.engine.normaliseRows(b.normals(sizes(b)));
    return [y, norms];
  }),
  op('normaliseRows of zero rows', exact, (b) => {
    const { y, norms } = b.engine.normaliseRows(b.keep(b.engine.zeros(sizes(b))));
    return [y, norms];
  }),
  op('normaliseRowsGradient', cancelling, (b) => {
    const [r, c] = [b.size(), b.size() + 2];
    const { y, norms } = b.engine.normaliseRows(b.normals([r, c]));
    return [b.engine.normaliseRowsGradient(b.keep(y), b.keep(norms), b.normals([r, c]))];
  }),
];

/** What attention may do besides: look back a window only, bound its scores, follow earlier keys. */
type AttentionOptions = (
  b: Workbench,
  length: number,
) => Pick<AttentionShape, 'window' | 'softCap' | 'keyLength'>;

function attentionOperands(
  b: Workbench,
  length: number,
  width: number,
  options: AttentionOptions,
): { q: Tensor; k: Tensor; v: Tensor; shape: AttentionShape } {
  const keyHeads = b.random.pick([1, 2, 3]);
  const heads = keyHeads * b.random.pick([1, 1, 2]);
  const sequences = b.random.integer(1, 3);
  const scale = 1 / Math.sqrt(width);
  const shape = { sequences, length, heads, keyHeads, scale, ...options(b, length) };
  const keyRows = sequences * (shape.keyLength ?? length);
  const q = b.normals([sequences * length, heads * width]);
  const [k, v] = [b.normals([keyRows, keyHeads * width]), b.normals([keyRows, keyHeads * width])];
  return { q, k, v, shape };
}

function attentionCases(
  what: string,
  length: (b: Workbench) => number,
  widths: number[],
  repetitions: number,
  options: AttentionOptions = () => ({}),
): OpCase[] {
  const operands = (b: Workbench) =>
    attentionOperands(b, length(b), b.random.pick(widths), options);
  const forward = (b: Workbench): Output[] => {
    const { q, k, v, shape } = operands(b);
    const { y, logSum } = b.engine.attention(q, k, v, shape);
    return [y, logSum];
  };
  const backward = (b: Workbench): Output[] => {
    const { q, k, v, shape } = operands(b);
    const { y, logSum } = b.engine.attention(q, k, v, shape);
    const dy = b.normals(q.shape);
    const gradient = b.engine.attentionGradient(q, k, v, b.keep(y), b.keep(logSum), dy, shape);
    return [gradient.dq, gradient.dk, gradient.dv];
  };
  return [
    op(`attention over ${what}`, summed, forward, repetitions),
    op(`attentionGradient over ${what}`, cancelling, backward, repetitions),
  ];
}

const transformer: OpCase[] = [
  op('gather', exact, (b) => {
    const [r, c] = sizes(b);
    return [b.engine.gather(b.normals([r, c]), b.integers(b.size(), 0, r - 1))];
  }),
  op('scatterAddInto with repeated ids', summed, (b) => {
    const [r, c] = sizes(b);
    const [out, n] = [b.normals([r, c]), b.size()];
    b.engine.scatterAddInto(out, b.integers(n, 0, r - 1), b.normals([n, c]));
    return [out];
  }),
  op('rotate', pointwise, (b) => {
    const [length, heads, half] = [b.size(), b.random.integer(1, 4), b.size()];
    const width = 2 * half + b.random.pick([0, 0, 3]);
    const x = b.normals([length * b.random.integer(1, 3), heads * width]);
    const [cosines, sines] = [b.normals([length, half]), b.normals([length, half])];
    const turned = b.engine.rotate(x, cosines, sines, { heads });
    return [turned, b.engine.rotate(turned, cosines, sines, { heads, inverse: true })];
  }),
  ...attentionCases('short sequences', (b) => b.size(), [1, 3, 8, 12, 64], 16),
  ...attentionCases('long sequences', (b) => b.random.integer(120, 200), [4, 17, 64], 4),
  // From 2 on: over a single key the scores have no gradient, and rounding alone would be compared.
  ...attentionCases(
    'a window',
    (b) => b.random.integer(100, 330),
    [4, 16],
    8,
    (b, length) => ({
      window: b.random.pick([2, 3, 40, 96, 97, length, 1000]),
    }),
  ),
  ...attentionCases(
    'bounded scores',
    (b) => b.random.integer(1, 200),
    [4, 16],
    8,
    (b) => ({
      softCap: b.random.pick([0.5, 2, 50]),
    }),
  ),
  ...attentionCases(
    'keys before its queries',
    (b) => b.size(),
    [4, 16],
    16,
    (b, length) => ({
      keyLength: length + b.random.integer(0, 220),
      window: b.random.pick([undefined, 5, 120]),
      softCap: b.random.pick([undefined, 3]),
    }),
  ),
];

const losses: OpCase[] = [
  op('crossEntropy', summed, (b) => {
    const [r, c] = sizes(b);
    return [b.engine.crossEntropy(b.normals([r, c], 4), b.integers(r, -1, c - 1))];
  }),
  op('crossEntropyGradient', summed, (b) => {
    const [r, c] = sizes(b);
    const targets = b.integers(r, -1, c - 1);
    return [b.engine.crossEntropyGradient(b.normals([r, c], 4), targets, b.normals([r]))];
  }),
  op('crossEntropy of logits whose exponentials overflow', cancelling, (b) => {
    const [r, c] = [b.size(), b.size() * 50];
    return [b.engine.crossEntropy(b.normals([r, c], 100), b.integers(r, 0, c - 1))];
  }),
  op('klDivergence where tokens are ruled out', cancelling, (b) => {
    const columns = b.size() + 3;
    const ruledOut = b.keep(
      b.engine.floats(
        Array.from({ length: columns }, (_, i) => (i % 3 === 1 ? -Infinity : 0)),
        [columns],
      ),
    );
    const p = b.keep(b.engine.add(b.normals([b.size(), columns]), ruledOut));
    return [b.engine.klDivergence(p, p), b.engine.klDivergence(p, b.normals(p.shape))];
  }),
  op('klDivergence', cancelling, (b) => {
    const shape = [b.size(), b.size() + 3];
    return [b.engine.klDivergence(b.normals(shape, 2), b.normals(shape, 2))];
  }),
  op('klDivergenceGradient', summed, (b) => {
    const [r, c] = sizes(b);
    const [p, q] = [b.normals([r, c], 2), b.normals([r, c], 2)];
    return [b.engine.klDivergenceGradient(p, q, b.normals([r]))];
  }),
  op('klDivergenceFirstGradient', summed, (b) => {
    const [r, c] = sizes(b);
    const [p, q] = [b.normals([r, c], 2), b.normals([r, c], 2)];
    return [b.engine.klDivergenceFirstGradient(p, q, b.normals([r]))];
  }),
  op('compareLogits', cancelling, (b) => {
    const [r, c] = [b.size(), b.size() + 3];
    const [p, q] = [b.normals([r, c], 2), b.normals([r, c], 2)];
    return Object.values(b.engine.compareLogits(p, q, b.integers(r, -1, c - 1)));
  }),
];

const exponents = [0.5, 1, 1.5, 2, 3] as const;

const reductions: OpCase[] = [
  op('sum', summed, (b) => [b.engine.sum(b.sparse(sizes(b), 0.9))]),
  op('sum of a long vector', 1e-12, (b) => [b.engine.sum(b.sparse([150_001], 0.9))]),
  op('sumSquares', 1e-12, (b) => [b.engine.sumSquares(b.normals(sizes(b)))]),
  op('sumRows', summed, (b) => [b.engine.sumRows(b.normals(sizes(b)))]),
  op('sumColumns', summed, (b) => [b.engine.sumColumns(b.normals(sizes(b)))]),
  op('sumColumns of a tall matrix', summed, (b) => [
    b.engine.sumColumns(b.sparse([b.random.integer(2000, 5000), b.size()], 0.9)),
  ]),
  op('dotRows', summed, (b) => {
    const shape = sizes(b);
    return [b.engine.dotRows(b.normals(shape), b.normals(shape))];
  }),
  ...exponents.flatMap((p) => [
    op(`normRows, p = ${p}`, summed, (b) => [b.engine.normRows(b.sparse(sizes(b), 0.5), p)]),
    op(`normRowsGradient, p = ${p}`, cancelling, (b) => {
      const x = b.sparse(sizes(b), 0.5);
      const norms = b.keep(b.engine.normRows(x, p));
      return [b.engine.normRowsGradient(x, norms, p, b.normals([x.shape[0]!]))];
    }),
  ]),
  op('countNonzero', exact, (b) => [b.engine.countNonzero(b.sparse(sizes(b), 0.3))]),
  op('topK with ties', exact, (b) => {
    const [r, c] = [b.size(), b.size() * b.random.pick([1, 20])];
    const x = b.sparse([r, c], b.random.pick([0.05, 1]));
    const { values, indices } = b.engine.topK(x, b.random.integer(0, Math.min(c, 70)));
    return [values, indices];
  }),
  op('topK of 1 among NaN and infinities', exact, (b) => {
    const { values, indices } = b.engine.topK(b.oddities([b.size(), b.size() * 3]), 1);
    return [values, indices];
  }),
  op('largestInColumns among NaN and infinities', exact, (b) => {
    const { values, indices } = b.engine.largestInColumns(b.oddities(sizes(b)));
    return [values, indices];
  }),
  op('largestInColumns with ties', exact, (b) => {
    const [r, c] = [b.size() * b.random.pick([1, 20]), b.size()];
    const { values, indices } = b.engine.largestInColumns(b.sparse([r, c], 0.6));
    return [values, indices];
  }),
];

const sparseCases: OpCase[] = [
  op('sparsify', exact, (b) => [
    b.engine.sparsify(b.sparse(sizes(b), b.random.pick([0, 0.01, 0.3, 1]))),
  ]),
  op('sparsifyAbove 0, or unless too many', exact, (b) => {
    const x = b.normals(sizes(b));
    const few = b.engine.sparsifyAbove(x, undefined, x.size / 2);
    return [b.engine.sparsifyAbove(x)!, ...(few ? [few] : [])];
  }),
  op('sparsifyAbove limits of columns', summed, (b) => {
    const [r, n] = sizes(b);
    return [b.engine.sparsifyAbove(b.normals([r, n]), b.normals([n]))!];
  }),
  op('linearAbove, all or the few above 0', summed, (b) => {
    const [r, n, d] = [...sizes(b), b.random.integer(1, 9)];
    const [x, weight] = [b.normals([r, d]), b.normals([n, d])];
    const all = b.engine.linearAbove(x, weight, b.normals([n]), 0);
    const few = b.engine.linearAbove(x, weight, b.normals([n]), r * n + 1);
    return [all, few];
  }),
  op('largestOfRows with ties', exact, (b) => {
    const [r, n] = [b.size(), b.size() * b.random.pick([1, 20])];
    const x = b.random.pick([b.wholes([r, n], -4, 9), b.normals([r, n])]);
    return [b.engine.largestOfRows(x, b.random.integer(0, Math.min(n, 70)))];
  }),
  op('largestEntries with ties', exact, (b) => {
    const [r, n] = [b.size(), b.size() * b.random.pick([1, 20])];
    const x = b.random.pick([b.wholes([r, n], -4, 9), b.normals([r, n])]);
    return [b.engine.largestEntries(x, b.random.integer(0, b.random.pick([3, r * n + 2])))];
  }),
  op('withValues and densify', exact, (b) => {
    const x = sparseOf(b, sizes(b), 0.3);
    const other = b.engine.withValues(x, b.normals([x.count]));
    return [other, b.engine.densify(other)];
  }),
  op('sparseMatmul', summed, (b) => {
    const [r, n, d] = [b.size(), b.size() * 10, b.size()];
    const bias = b.random.uniform() < 0.5 ? b.normals([d]) : undefined;
    return [b.engine.sparseMatmul(sparseOf(b, [r, n]), b.normals([n, d]), bias)];
  }),
  op('sparseTransposeMatmul', summed, (b) => {
    const [r, n, d] = [b.size(), b.size() * 10, b.size()];
    return [b.engine.sparseTransposeMatmul(sparseOf(b, [r, n], 0.02), b.normals([r, d]))];
  }),
  op('sampledMatmul', summed, (b) => {
    const [r, n, d] = [b.size(), b.size() * 10, b.size()];
    return [b.engine.sampledMatmul(sparseOf(b, [r, n]), b.normals([r, d]), b.normals([n, d]))];
  }),
  op('sparseSumColumns', summed, (b) => [b.engine.sparseSumColumns(sparseOf(b, sizes(b), 0.4))]),
  ...exponents.flatMap((p) => [
    op(`sparseNormRows, p = ${p}`, summed, (b) => [
      b.engine.sparseNormRows(sparseOf(b, sizes(b), 0.4), p),
    ]),
    op(`sparseNormRowsGradient, p = ${p}`, cancelling, (b) => {
      const x = sparseOf(b, sizes(b), 0.4);
      const norms = b.keep(b.engine.sparseNormRows(x, p));
      return [b.engine.sparseNormRowsGradient(x, norms, p, b.normals([x.rows]))];
    }),
  ]),
  op('sparse products of an empty code', exact, (b) => {
    const [r, n] = sizes(b);
    const d = b.size();
    const x = sparseOf(b, [r, n], 0);
    return [
      b.engine.sparseMatmul(x, b.normals([n, d]), b.normals([d])),
      b.engine.sparseTransposeMatmul(x, b.normals([r, d])),
      b.engine.sparseSumColumns(x),
      b.engine.sampledMatmul(x, b.normals([r, d]), b.normals([n, d])),
    ];
  }),
];

/** Operations on matrices without rows, as the last batch of a stream may be. */
const empty: OpCase[] = [
  op('no rows', exact, (b) => {
    const e = b.engine;
    const [x, w] = [b.normals([0, 5]), b.normals([5, 3])];
    const { y, mean, inverseStd } = e.layerNorm(x, undefined, undefined, 1e-5);
    return [
      e.matmul(x, w),
      e.matmul(x, x, { transA: true }),
      e.add(x, x),
      e.activate(x, 'gelu'),
      ...[y, mean, inverseStd],
      e.sum(x),
      e.sumSquares(x),
      e.sumRows(x),
      e.sumColumns(x),
      e.normRows(x, 2),
      e.countNonzero(x),
      e.crossEntropy(x, b.integers(0, 0, 0)),
      e.gather(w, b.integers(0, 0, 0)),
      e.sparsify(x),
      e.sparsifyAbove(x)!,
      e.largestEntries(x, 2),
    ];
  }),
];

export const opCases: readonly OpCase[] = [
  ...storage,
  ...dense,
  ...pointwiseCases,
  ...transformer,
  ...losses,
  ...reductions,
  ...sparseCases,
  ...empty,
];
