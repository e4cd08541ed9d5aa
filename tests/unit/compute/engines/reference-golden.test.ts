import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Activation, AttentionShape, Tensor } from '../../../../main/compute/engine.ts';
import { createReferenceEngine } from '../../../../main/compute/engines/reference/reference-engine.ts';
import { deviation } from './workbench.ts';

interface Listed {
  shape: number[];
  values: number[];
}
type Group = Record<string, Listed>;
interface Golden {
  relu: Group;
  gelu: Group;
  gelu_new: Group;
  silu: Group;
  layerNorm: Group;
  rmsNorm: Group;
  softCap: Group;
  normaliseRows: Group;
  attention: Group & { shape: AttentionShape };
  boundedAttention: Group & { shape: AttentionShape };
  losses: Group & { targets: number[] };
  normRows: { p: number; x: Listed; y: Listed; dx: Listed }[];
  topK: { x: Listed; values: Listed; indices: number[] };
  adam: Omit<Group, 'gradients'> & { gradients: Listed[] };
}

const file = new URL('../../../golden/engine-ops/golden.json', import.meta.url);
const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden;
const engine = createReferenceEngine();

const upload = ({ values, shape }: Listed) => engine.floats(values, shape);

function expectClose(actual: Tensor, expected: Listed | undefined): void {
  expect(actual.shape).toEqual(expected!.shape);
  expect(deviation([...engine.read(actual)], expected!.values)).toBeLessThan(1e-12);
}

test.each(['relu', 'gelu', 'gelu_new', 'silu'] as Activation[])(
  '%s and its derivative are those of PyTorch',
  (activation) => {
    const { x, y, slope } = golden[activation];
    const input = upload(x!);
    const ones = engine.floats(new Array(input.size).fill(1), input.shape);
    expectClose(engine.activate(input, activation), y);
    expectClose(engine.activateGradient(input, ones, activation), slope);
  },
);

test('layer norm and its gradient are those of PyTorch', () => {
  const { x, gain, bias, dy, y, dx } = golden.layerNorm;
  const [input, gains] = [upload(x!), upload(gain!)];
  const result = engine.layerNorm(input, gains, upload(bias!), 1e-5);
  expectClose(result.y, y);
  const { mean, inverseStd } = result;
  expectClose(engine.layerNormGradient(input, gains, mean, inverseStd, upload(dy!)), dx);
});

test('RMS norm and its gradient are those of PyTorch', () => {
  const { x, gain, dy, y, dx } = golden.rmsNorm;
  const [input, gains] = [upload(x!), upload(gain!)];
  const result = engine.rmsNorm(input, gains, 1e-6);
  expectClose(result.y, y);
  expectClose(engine.rmsNormGradient(input, gains, result.inverseRms, upload(dy!)), dx);
});

test('the soft cap and its gradient are those of PyTorch', () => {
  const { x, dy, y, dx } = golden.softCap;
  const capped = engine.softCap(upload(x!), 2.5);
  expectClose(capped, y);
  expectClose(engine.softCapGradient(capped, upload(dy!), 2.5), dx);
});

test('normalised rows and their gradient are those of PyTorch', () => {
  const { x, dy, y, dx } = golden.normaliseRows;
  const result = engine.normaliseRows(upload(x!));
  expectClose(result.y, y);
  expectClose(engine.normaliseRowsGradient(result.y, result.norms, upload(dy!)), dx);
});

test.each([
  ['with shared key heads', golden.attention],
  ['in a window, with bounded scores and earlier keys', golden.boundedAttention],
])('attention %s and its gradient are those of PyTorch', (_, expected) => {
  const { q, k, v, dy, y, dq, dk, dv, shape } = expected;
  const operands = [upload(q!), upload(k!), upload(v!)] as const;
  const result = engine.attention(...operands, shape);
  expectClose(result.y, y);
  const gradient = engine.attentionGradient(
    ...operands,
    result.y,
    result.logSum,
    upload(dy!),
    shape,
  );
  expectClose(gradient.dq, dq);
  expectClose(gradient.dk, dk);
  expectClose(gradient.dv, dv);
});

test('losses on logits and their gradients are those of PyTorch', () => {
  const { p, q, targets, weight, ...expected } = golden.losses;
  const [left, right, weights] = [upload(p!), upload(q!), upload(weight!)];
  const ids = engine.ints(targets, [targets.length]);
  expectClose(engine.crossEntropy(right, ids), expected['crossEntropy']);
  const slope = engine.crossEntropyGradient(right, ids, weights);
  expectClose(slope, expected['crossEntropyGradient']);
  expectClose(engine.klDivergence(left, right), expected['kl']);
  expectClose(engine.klDivergenceGradient(left, right, weights), expected['klGradient']);
  const comparison = engine.compareLogits(left, right, ids);
  expectClose(comparison.crossEntropyQ, expected['crossEntropy']);
  expectClose(comparison.klPQ, expected['kl']);
  expectClose(comparison.klQP, expected['klReverse']);
  expectClose(comparison.totalVariation, expected['totalVariation']);
  expectClose(comparison.sameTop, expected['sameTop']);
});

test.each(golden.normRows)('norms of rows with p = $p are those of PyTorch', ({ p, x, y, dx }) => {
  const input = upload(x);
  const norms = engine.normRows(input, p);
  const ones = engine.floats(new Array(norms.size).fill(1), norms.shape);
  expectClose(norms, y);
  expectClose(engine.normRowsGradient(input, norms, p, ones), dx);
});

test('the largest entries of rows with ties are those of a stable sort', () => {
  const { x, values, indices } = golden.topK;
  const result = engine.topK(upload(x), 4);
  expectClose(result.values, values);
  expect([...engine.readInts(result.indices)]).toEqual(indices);
});

test('five steps of Adam end where those of PyTorch do', () => {
  const { start, gradients, end, firstMoment, secondMoment } = golden.adam;
  const [w, m, v] = [upload(start!), engine.zeros(start!.shape), engine.zeros(start!.shape)];
  const options = { learningRate: 0.02, beta1: 0.8, beta2: 0.95, epsilon: 1e-6 };
  gradients.forEach((gradient, i) =>
    engine.adamStep(w, upload(gradient), m, v, { ...options, step: i + 1, gradientScale: 1 }),
  );
  expectClose(w, end);
  expectClose(m, firstMoment);
  expectClose(v, secondMoment);
});
