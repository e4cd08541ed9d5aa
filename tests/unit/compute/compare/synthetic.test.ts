import { beforeAll, describe, expect, it } from 'vitest';
import { levelOf } from '../../../../shared/domain/comparison.ts';
import { activityClasses } from '../../../../main/compute/compare/activity-classes.ts';
import { partnersAt } from '../../../../main/compute/compare/best-partners.ts';
import { coactivationPartners } from '../../../../main/compute/compare/coactivation-partners.ts';
import { type BothWays, cosinePartners } from '../../../../main/compute/compare/cosine-partners.ts';
import {
  mutualPartners,
  summariseMatches,
} from '../../../../main/compute/compare/summarise-matches.ts';
import { openEngine } from '../../../../main/compute/engines/open-engine.ts';
import { featureMajor } from '../../../support/dense-activations.ts';
import { Random } from '../../../support/random.ts';

/**
 * Two dictionaries as the exchange about seeds describes them. Directions are axes of R^d, so that
 * every cosine has a closed form:
 * - features 0 … 19 of A are axes 0 … 19, and feature p(i) of B is axis i turned by the angle `turn`
 *   towards an axis of its own;
 * - features 20 … 22 of A stand in the plane of axis 0 and their own axis, at `twin` to axis 0: with
 *   feature 0 they are the four that claim one feature of B;
 * - features 23 … 32 of A and 20 … 29 of B are dead and equal: the spike at 1;
 * - features 33 … 42 of A and 30 … 39 of B fire once, on the same token: the spike of Jaccard.
 */
const paired = 20;
const twins = 3;
const dead = 10;
const rare = 10;
const nA = paired + twins + dead + rare;
const nB = paired + dead + rare;
const d = 2 * paired + twins + dead + 2 * rare;
const turn = 0.3;
const twin = 0.5;
const tokens = 1000;

function axis(at: number, scale = 1): number[] {
  const out = new Array<number>(d).fill(0);
  out[at] = scale;
  return out;
}
const plus = (x: number[], y: number[]) => x.map((value, k) => value + y[k]!);

const permutation = Array.from({ length: paired }, (_, i) => (7 * i + 3) % paired);
const decoderA = [
  ...Array.from({ length: paired }, (_, i) => axis(i)),
  ...Array.from({ length: twins }, (_, i) =>
    plus(axis(0, Math.cos(twin)), axis(2 * paired + i, Math.sin(twin))),
  ),
  ...Array.from({ length: dead }, (_, i) => axis(2 * paired + twins + i)),
  ...Array.from({ length: rare }, (_, i) => axis(2 * paired + twins + dead + i)),
];
const decoderB: number[][] = [];
permutation.forEach((place, i) => {
  decoderB[place] = plus(axis(i, Math.cos(turn)), axis(paired + i, Math.sin(turn)));
});
for (let i = 0; i < dead; i++) decoderB.push(axis(2 * paired + twins + i));
for (let i = 0; i < rare; i++) decoderB.push(axis(2 * paired + twins + dead + rare + i));

const random = new Random(5);
const codesA = new Float32Array(tokens * nA);
const codesB = new Float32Array(tokens * nB);
for (let t = 0; t < tokens; t++)
  for (let i = 0; i < paired; i++)
    if (random.uniform() < 0.1) {
      codesA[t * nA + i] = codesB[t * nB + permutation[i]!] = 1;
      if (i === 0 && random.uniform() < 0.5)
        for (let twinOf = 0; twinOf < twins; twinOf++) codesA[t * nA + paired + twinOf] = 1;
    }
for (let i = 0; i < rare; i++) {
  codesA[(10 * i + 5) * nA + paired + twins + dead + i] = 1;
  codesB[(10 * i + 5) * nB + paired + dead + i] = 1;
}

const options = { seed: 1, resamples: 200 };
let cosine: BothWays;
let jaccard: BothWays;

beforeAll(async () => {
  const engine = await openEngine('reference');
  const [a, b] = [featureMajor(codesA, nA), featureMajor(codesB, nB)];
  const counts = ({ pointers }: typeof a) => pointers.slice(1).map((end, i) => end - pointers[i]!);
  cosine = await cosinePartners(
    engine,
    engine.floats(decoderA.flat(), [nA, d]),
    engine.floats(decoderB.flat(), [nB, d]),
    { a: activityClasses(counts(a)), b: activityClasses(counts(b)) },
  );
  jaccard = (await coactivationPartners(a, b, { measures: ['jaccard'], threads: 1, level: 0 })).get(
    'jaccard',
  )!;
  await engine.close();
});

function summaries(found: BothWays, minimum: number, partners: readonly [number, number]) {
  const [toB, toA] = [found.aToB, found.bToA].map((one) => partnersAt(one, levelOf(minimum)));
  return {
    aToB: summariseMatches(toB!.index, toB!.value, { ...options, partners: partners[1] }),
    bToA: summariseMatches(toA!.index, toA!.value, { ...options, partners: partners[0] }),
    mutual: mutualPartners(toB!, toA!),
  };
}

describe('decoder cosine with at least 10 activations', () => {
  const filtered = () => summaries(cosine, 10, [paired + twins, paired]);

  it('finds the permutation, and the cosine that the turn leaves', () => {
    const { index, value } = partnersAt(cosine.aToB, levelOf(10));
    permutation.forEach((place, i) => {
      expect(index[i]).toBe(place);
      expect(value[i]).toBeCloseTo(Math.cos(turn), 6);
    });
  });

  it('tells the two directions apart: three more of A look at the same feature of B', () => {
    const { aToB, bToA } = filtered();
    const viaTwin = Math.cos(twin) * Math.cos(turn);
    expect(aToB.n).toBe(paired + twins);
    expect(aToB.mean).toBeCloseTo(
      (paired * Math.cos(turn) + twins * viaTwin) / (paired + twins),
      6,
    );
    expect(bToA.n).toBe(paired);
    expect(bToA.mean).toBeCloseTo(Math.cos(turn), 6);
    expect(aToB.mean).toBeLessThan(bToA.mean);
  });

  it('shows four features that claim one target', () => {
    const { aToB, bToA } = filtered();
    expect(aToB.inDegree).toEqual([0, paired - 1, 0, 0, 1, 0]);
    expect(aToB.largestInDegree).toBe(4);
    expect(aToB.distinctTargets).toBe(paired);
    expect(aToB.distinctShare).toBeCloseTo(paired / (paired + twins), 12);
    expect(bToA.inDegree).toEqual([twins, paired, 0, 0, 0, 0]);
  });

  it('counts each pair once among mutual nearest neighbours', () => {
    const { index, value } = filtered().mutual;
    expect(index.filter((partner) => partner !== -1)).toHaveLength(paired);
    expect(value.filter((one) => !Number.isNaN(one))).toHaveLength(paired);
  });

  it('has the share matched as a step at each cosine', () => {
    const { share } = filtered().aToB;
    const below = Math.floor(100 * Math.cos(turn));
    expect(share[0]).toBe(1);
    expect(share[below]).toBeCloseTo(paired / (paired + twins), 12);
    expect(share[below + 1]).toBe(0);
  });
});

describe('the spike at 1', () => {
  it('is made by dead latents in the cosine, and goes with the filter', () => {
    const all = summaries(cosine, 0, [nA, nB]).aToB;
    expect(all.histogram.at(-1)).toBe(dead);
    expect(all.dropped).toBe(0);
    const alive = summaries(cosine, 1, [nA - dead, nB - dead]).aToB;
    expect(alive.histogram.at(-1)).toBe(0);
    expect(alive.dropped).toBe(dead);
  });

  it('is made by features that fire once in Jaccard, and goes at 10 activations', () => {
    const alive = summaries(jaccard, 1, [nA - dead, nB - dead]).aToB;
    expect(alive.histogram.at(-1)).toBe(paired + rare);
    const filtered = summaries(jaccard, 10, [paired + twins, paired]).aToB;
    expect(filtered.histogram.at(-1)).toBe(paired);
    expect(filtered.dropped).toBe(dead + rare);
  });
});

describe('Jaccard', () => {
  it('is 1 for the pairs, and for a twin the share of tokens on which it fires', () => {
    const { value } = partnersAt(jaccard.aToB, levelOf(10));
    const fires = (feature: number) =>
      Array.from({ length: tokens }, (_, t) => codesA[t * nA + feature]!).filter((x) => x > 0)
        .length;
    for (let i = 0; i < paired; i++) expect(value[i]).toBe(1);
    for (let i = paired; i < paired + twins; i++)
      expect(value[i]).toBeCloseTo(fires(i) / fires(0), 12);
  });
});
