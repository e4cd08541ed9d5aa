import { expect, it } from 'vitest';
import { comparisonMeasures } from '../../../../shared/domain/comparison.ts';
import { comparePair } from '../../../../main/compute/compare/compare-pair.ts';
import { openEngine } from '../../../../main/compute/engines/open-engine.ts';
import { featureMajor } from '../../../support/dense-activations.ts';
import { Random } from '../../../support/random.ts';

const [n, d, length, sequences] = [24, 16, 20, 40];

/** A dictionary and the same one with its features in another order and a little noise. */
async function permutedPair() {
  const engine = await openEngine('wasm', { threads: 1 });
  const random = new Random(9);
  const order = Array.from({ length: n }, (_, i) => (5 * i + 2) % n);
  const directions = Array.from({ length: n }, () =>
    Array.from({ length: d }, () => random.normal()),
  );
  const codes = Array.from({ length: length * sequences * n }, () =>
    random.uniform() < 0.08 ? 1 + random.uniform() : 0,
  );
  const unit = (rows: number[][]) => {
    const raw = engine.floats(rows.flat(), [rows.length, d]);
    const { y, norms } = engine.normaliseRows(raw);
    engine.dispose(raw, norms);
    return y;
  };
  const noisy = unit(order.map((i) => directions[i]!.map((x) => x + 0.02 * random.normal())));
  const moved = codes.map((_, at) => codes[at - (at % n) + order[at % n]!]!);
  return {
    engine,
    order,
    a: {
      decoder: unit(directions),
      encoder: unit(directions),
      activations: featureMajor(codes, n),
    },
    b: { decoder: noisy, encoder: noisy, activations: featureMajor(moved, n) },
  };
}

it('finds the permutation by every measure, above what chance gives', async () => {
  const { engine, order, a, b } = await permutedPair();
  const before = engine.usage().tensors;
  const shares: number[] = [];
  const { kept, measures } = await comparePair(engine, a, b, {
    measures: comparisonMeasures,
    minimumCount: 10,
    seed: 3,
    resamples: 200,
    threads: 1,
    sequenceLength: length,
    onProgress: (done, total) => shares.push(done / total),
  });
  expect(engine.usage().tensors).toBe(before);
  expect(kept).toEqual({ a: n, b: n });
  expect([...measures.keys()]).toEqual(comparisonMeasures);
  for (const { levels, oneToOne, oneToOneSummary, chance } of measures.values()) {
    order.forEach((feature, place) => expect(oneToOne.index[feature]).toBe(place));
    const { aToB, bToA, mutual } = levels.find(({ minimumCount }) => minimumCount === 10)!;
    expect(aToB.mean).toBeGreaterThan(0.98);
    expect(bToA.mean).toBeCloseTo(aToB.mean, 9);
    expect(mutual.n).toBe(n);
    expect(oneToOneSummary.mean).toBeCloseTo(aToB.mean, 6);
    expect(oneToOne.bound).toBeGreaterThanOrEqual(oneToOne.total);
    expect(aToB.ci95[0]).toBeLessThanOrEqual(aToB.mean);
    expect(aToB.ci95[1]).toBeGreaterThanOrEqual(aToB.mean);
    expect(chance.mean).toBeLessThan(aToB.mean - 0.2);
  }
  expect(shares.at(-1)).toBe(1);
  expect(shares).toEqual([...shares].sort((x, y) => x - y));
  await engine.close();
});
