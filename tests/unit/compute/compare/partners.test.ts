import { describe, expect, it } from 'vitest';
import { minimumCounts } from '../../../../shared/domain/comparison.ts';
import { activityClasses } from '../../../../main/compute/compare/activity-classes.ts';
import { type BestPartners, partnersAt } from '../../../../main/compute/compare/best-partners.ts';
import { coactivationPartners } from '../../../../main/compute/compare/coactivation-partners.ts';
import {
  type CoactivationMeasure,
  coactivationMeasures,
} from '../../../../main/compute/compare/coactivation-tasks.ts';
import { cosinePartners } from '../../../../main/compute/compare/cosine-partners.ts';
import { openEngine } from '../../../../main/compute/engines/open-engine.ts';
import { featureMajor } from '../../../support/dense-activations.ts';
import { Random } from '../../../support/random.ts';

const tokens = 400;

/** Codes in which features differ in density from dead to always active. */
function randomCodes(seed: number, latents: number): Float32Array {
  const random = new Random(seed);
  const density = Array.from({ length: latents }, () => 0.5 * random.uniform() ** 4);
  density[0] = 0;
  density[1] = 1;
  return Float32Array.from({ length: tokens * latents }, (_, at) =>
    random.uniform() < density[at % latents]! ? Math.fround(0.1 + 3 * random.uniform()) : 0,
  );
}

function columnsOf(dense: Float32Array, latents: number): number[][] {
  return Array.from({ length: latents }, (_, j) =>
    Array.from({ length: tokens }, (_, t) => dense[t * latents + j]!),
  );
}

const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

const measures: Record<CoactivationMeasure, (x: number[], y: number[]) => number> = {
  jaccard(x, y) {
    const both = x.filter((value, t) => value > 0 && y[t]! > 0).length;
    const either = x.filter((value, t) => value > 0 || y[t]! > 0).length;
    return both / either;
  },
  weightedJaccard: (x, y) =>
    total(x.map((value, t) => Math.min(value, y[t]!))) /
    total(x.map((value, t) => Math.max(value, y[t]!))),
  correlation(x, y) {
    const [meanX, meanY] = [total(x) / tokens, total(y) / tokens];
    const product = total(x.map((value, t) => (value - meanX) * (y[t]! - meanY)));
    const norm = (values: number[], mean: number) =>
      Math.sqrt(total(values.map((value) => (value - mean) ** 2)));
    return product / (norm(x, meanX) * norm(y, meanY));
  },
};

/** The largest similarity among partners that reach the count, NaN where none is defined. */
function bruteForce(
  own: number[][],
  other: number[][],
  minimum: number,
  similarity: (x: number[], y: number[]) => number,
): number[] {
  const count = (column: number[]) => column.filter((value) => value > 0).length;
  const partners = other.filter((column) => count(column) >= minimum);
  return own.map((column) => {
    if (count(column) < minimum) return NaN;
    const values = partners.map((partner) => similarity(column, partner));
    const defined = values.filter((value) => Number.isFinite(value));
    return defined.length === 0 ? NaN : Math.max(...defined);
  });
}

function expectPartners(
  found: BestPartners,
  own: number[][],
  other: number[][],
  similarity: (x: number[], y: number[]) => number,
) {
  minimumCounts.forEach((minimum, level) => {
    const { index, value } = partnersAt(found, level);
    bruteForce(own, other, minimum, similarity).forEach((best, feature) => {
      const held = value[feature]!;
      if (Number.isNaN(best)) return expect(held).toBeNaN();
      expect(held).toBeCloseTo(best, 9);
      if (index[feature] !== -1)
        expect(similarity(own[feature]!, other[index[feature]!]!)).toBeCloseTo(best, 9);
      else expect(best).toBe(0);
    });
  });
}

describe.each([1, 2])('coactivationPartners on %i threads', (threads) => {
  it.each(coactivationMeasures)('%s equals brute force at every minimum count', async (measure) => {
    const [a, b] = [randomCodes(1, 23), randomCodes(2, 31)];
    const found = await coactivationPartners(featureMajor(a, 23), featureMajor(b, 31), {
      measures: [measure],
      threads,
      level: 0,
    });
    const { aToB, bToA } = found.get(measure)!;
    const [columnsA, columnsB] = [columnsOf(a, 23), columnsOf(b, 31)];
    // Dead features share no token: 0 / 0 by the formula, 0 as we define it while others are there.
    const similarity = (x: number[], y: number[]) => {
      const value = measures[measure](x, y);
      return Number.isNaN(value) && measure !== 'correlation' ? 0 : value;
    };
    expectPartners(aToB, columnsA, columnsB, similarity);
    expectPartners(bToA, columnsB, columnsA, similarity);
  });
});

it('refuses activations on different numbers of tokens', async () => {
  const a = featureMajor(new Float32Array(40).fill(1), 4);
  const b = featureMajor(new Float32Array(44).fill(1), 4);
  await expect(
    coactivationPartners(a, b, { measures: ['jaccard'], threads: 1, level: 0 }),
  ).rejects.toMatchObject({ code: 'bad-input' });
});

describe.each(['reference', 'wasm'] as const)('cosinePartners on %s', (name) => {
  it('equals brute force in both directions at every minimum count', async () => {
    const engine = await openEngine(name, { threads: 2 });
    const random = new Random(3);
    const side = (n: number) =>
      Array.from({ length: n }, () => {
        const raw = Array.from({ length: 12 }, () => random.normal());
        const norm = Math.hypot(...raw);
        return raw.map((value) => value / norm);
      });
    const [a, b] = [side(40), side(27)];
    const counts = (n: number) => Float64Array.from({ length: n }, () => random.integer(0, 60));
    const [countA, countB] = [counts(40), counts(27)];
    const upload = (rows: number[][]) => engine.floats(rows.flat(), [rows.length, 12]);
    const tensors = { a: upload(a), b: upload(b) };
    const before = engine.usage().tensors;
    const { aToB, bToA } = await cosinePartners(engine, tensors.a, tensors.b, {
      a: activityClasses(countA),
      b: activityClasses(countB),
    });
    expect(engine.usage().tensors).toBe(before);
    const dot = (x: number[], y: number[]) => total(x.map((value, k) => value * y[k]!));
    const check = (
      found: BestPartners,
      [own, ownCount]: [number[][], Float64Array],
      [other, otherCount]: [number[][], Float64Array],
    ) =>
      minimumCounts.forEach((minimum, level) => {
        const { index, value } = partnersAt(found, level);
        own.forEach((row, i) => {
          const kept = other.filter((_, j) => otherCount[j]! >= minimum);
          if (ownCount[i]! < minimum || kept.length === 0) return expect(value[i]).toBeNaN();
          const best = Math.max(...kept.map((partner) => dot(row, partner)));
          expect(value[i]).toBeCloseTo(best, 6);
          expect(dot(row, other[index[i]!]!)).toBeCloseTo(best, 6);
        });
      });
    check(aToB, [a, countA], [b, countB]);
    check(bToA, [b, countB], [a, countA]);
    await engine.close();
  });
});
