import { describe, expect, it } from 'vitest';
import { minimumCounts } from '../../../../shared/domain/comparison.ts';
import { activityClasses } from '../../../../main/compute/compare/activity-classes.ts';
import {
  PartnerSearch,
  type BestPartners,
} from '../../../../main/compute/compare/best-partners.ts';
import { coactivationPartners } from '../../../../main/compute/compare/coactivation-partners.ts';
import { tokenMajor } from '../../../../main/compute/compare/sparse-activations.ts';
import type { FeatureMajor } from '../../../../main/compute/features/activation-store.ts';
import { Random } from '../../../support/random.ts';

/** Activations from the tokens of each feature. */
function fromLists(lists: readonly (readonly number[])[], tokens: number, seed = 1): FeatureMajor {
  const random = new Random(seed);
  const pointers = new Float64Array(lists.length + 1);
  lists.forEach((list, j) => (pointers[j + 1] = pointers[j]! + list.length));
  const token = Int32Array.from(lists.flat());
  const value = Float32Array.from(token, () => 0.1 + random.uniform());
  return { latents: lists.length, tokens, pointers, token, value };
}

/** Features from dead to nearly always active; tokens of the last tenth have none. */
function randomLists(seed: number, latents: number, tokens: number): number[][] {
  const random = new Random(seed);
  return Array.from({ length: latents }, (_, j) => {
    const density = j % 7 === 0 ? 0 : random.uniform() ** 3;
    return Array.from({ length: Math.floor(0.9 * tokens) }, (_unused, token) => token).filter(
      () => random.uniform() < density,
    );
  });
}

/** Best Jaccard by sets, in the order and with the ties of the search. */
function bruteForce(a: FeatureMajor, b: FeatureMajor): { aToB: BestPartners; bToA: BestPartners } {
  const sets = (side: FeatureMajor) =>
    Array.from({ length: side.latents }, (_, j) =>
      side.token.subarray(side.pointers[j], side.pointers[j + 1]),
    );
  const [ofA, ofB] = [sets(a), sets(b)];
  const classes = [ofA, ofB].map((lists) => activityClasses(lists.map((list) => list.length)));
  const [classesA, classesB] = [classes[0]!, classes[1]!];
  const [searchA, searchB] = [new PartnerSearch(a.latents), new PartnerSearch(b.latents)];
  ofA.forEach((own, i) => {
    const active = new Set(own);
    ofB.forEach((other, j) => {
      const both = other.reduce((sum, token) => sum + Number(active.has(token)), 0);
      if (both === 0) return;
      const value = both / (own.length + other.length - both);
      searchA.offer(classesB.classOf[j]!, i, j, value);
      searchB.offer(classesA.classOf[i]!, j, i, value);
    });
  });
  return {
    aToB: searchA.finish(classesA, classesB, 0),
    bToA: searchB.finish(classesB, classesA, 0),
  };
}

async function jaccard(a: FeatureMajor, b: FeatureMajor, threads = 1, level = 0) {
  const found = await coactivationPartners(a, b, { measures: ['jaccard'], threads, level });
  return found.get('jaccard')!;
}

describe('token-set Jaccard', () => {
  it.each([1, 2, 3, 4, 5])('equals sets held against each other, bit by bit (%i)', async (seed) => {
    const random = new Random(seed);
    const [n, m, tokens] = [random.integer(1, 60), random.integer(1, 1300), random.integer(1, 300)];
    const a = fromLists(randomLists(seed, n, tokens), tokens);
    const b = fromLists(randomLists(seed + 50, m, tokens), tokens);
    const { aToB, bToA } = await jaccard(a, b);
    expect({ aToB, bToA }).toEqual(bruteForce(a, b));
  });

  it('counts on when a feature is active on more tokens than 16 bits hold', async () => {
    const tokens = 70_000;
    const always = Array.from({ length: tokens }, (_, token) => token);
    const most = always.slice(0, 66_000);
    const a = fromLists([always, most, [3], []], tokens);
    const b = fromLists([most.slice(1), always, [], [3, 69_999]], tokens);
    const { aToB, bToA } = await jaccard(a, b);
    expect({ aToB, bToA }).toEqual(bruteForce(a, b));
    expect(aToB.value.subarray(0, 4)).toEqual(Float64Array.of(1, 65_999 / 66_000, 0.5, 0));
  });

  it('finds partners beyond number 65,535', async () => {
    const latents = 70_000;
    const lists = Array.from({ length: latents }, (_, j) => (j > 66_000 ? [j % 40] : []));
    lists[69_999] = [1, 2, 3];
    const b = fromLists(lists, 40);
    const a = fromLists([[1, 2, 3], [], [0]], 40);
    const { aToB, bToA } = await jaccard(a, b, 2);
    expect(aToB.index.subarray(0, 3)).toEqual(Int32Array.of(69_999, -1, 66_040));
    expect(aToB.value.subarray(0, 3)).toEqual(Float64Array.of(1, 0, 1));
    expect(bToA.index[69_999]).toBe(0);
  });

  it('finds nothing where no token has an activation', async () => {
    const { aToB, bToA } = await jaccard(fromLists([[], []], 9), fromLists([[]], 9));
    expect(aToB.index).toEqual(new Int32Array(2 * minimumCounts.length).fill(-1));
    expect(bToA.index).toEqual(new Int32Array(minimumCounts.length).fill(-1));
  });

  it('is the same beside other measures as alone', async () => {
    const a = fromLists(randomLists(8, 40, 200), 200);
    const b = fromLists(randomLists(9, 700, 200), 200);
    const alone = await jaccard(a, b, 1, 3);
    const measures = ['correlation', 'jaccard', 'weightedJaccard'] as const;
    const found = await coactivationPartners(a, b, { measures, threads: 1, level: 3 });
    expect(found.get('jaccard')).toEqual(alone);
  });
});

it('finds the same bits on one, two and three threads', async () => {
  const a = fromLists(randomLists(11, 90, 500), 500);
  const b = fromLists(randomLists(12, 600, 500), 500, 2);
  const measures = ['jaccard', 'weightedJaccard', 'correlation'] as const;
  const run = (threads: number) => coactivationPartners(a, b, { measures, threads, level: 2 });
  const one = await run(1);
  expect(await run(2)).toEqual(one);
  expect(await run(3)).toEqual(one);
});

it('turns activations by token across many blocks, in the order asked for', () => {
  const random = new Random(4);
  const tokens = 20_000;
  const lists = Array.from({ length: 30 }, () =>
    Array.from({ length: tokens }, (_, token) => token).filter(() => random.uniform() < 0.03),
  );
  const activations = fromLists(lists, tokens);
  const order = Int32Array.from({ length: 30 }, (_, i) => 29 - i);
  const { pointers, feature, value } = tokenMajor(activations, { order });
  const rows: [number, number][][] = Array.from({ length: tokens }, () => []);
  order.forEach((latent, number) =>
    lists[latent]!.forEach((token, i) =>
      rows[token]!.push([number, activations.value[activations.pointers[latent]! + i]!]),
    ),
  );
  const found = rows.map((_, token) => {
    const [from, to] = [pointers[2 * token]!, pointers[2 * token + 1]!];
    return Array.from(feature.subarray(from, to), (number, i) => [number, value[from + i]]);
  });
  expect(found).toEqual(rows);
  expect(pointers.every((at, i) => i % 2 === 1 || at % 32 === 0)).toBe(true);
});
