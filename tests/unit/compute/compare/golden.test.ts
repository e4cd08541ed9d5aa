import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { levelOf } from '../../../../shared/domain/comparison.ts';
import { activityClasses } from '../../../../main/compute/compare/activity-classes.ts';
import { partnersAt } from '../../../../main/compute/compare/best-partners.ts';
import { coactivationPartners } from '../../../../main/compute/compare/coactivation-partners.ts';
import { type BothWays, cosinePartners } from '../../../../main/compute/compare/cosine-partners.ts';
import {
  assignOneToOne,
  cosineLists,
  type PartnerLists,
} from '../../../../main/compute/compare/one-to-one.ts';
import { openEngine } from '../../../../main/compute/engines/open-engine.ts';
import { featureMajor } from '../../../support/dense-activations.ts';

interface Found {
  value: number[];
  index: number[];
}
type Golden = Record<
  'cosine' | 'jaccard' | 'correlation',
  { aToB: Found; bToA: Found; assigned: number }
> & {
  d: number;
  a: number[];
  b: number[];
  codesA: [number, number, number][];
  codesB: [number, number, number][];
  tokens: number;
  latents: [number, number];
};

const golden = JSON.parse(
  readFileSync(new URL('../../../golden/compare/similarities.json', import.meta.url), 'utf8'),
) as Golden;
const [nA, nB] = golden.latents;

function activations(codes: Golden['codesA'], latents: number) {
  const dense = new Float32Array(golden.tokens * latents);
  for (const [token, feature, value] of codes) dense[token * latents + feature] = value;
  return featureMajor(dense, latents);
}

let found: Record<'cosine' | 'jaccard' | 'correlation', BothWays>;
let lists: Record<'cosine' | 'jaccard' | 'correlation', PartnerLists>;

beforeAll(async () => {
  const engine = await openEngine('wasm', { threads: 2 });
  const everyone = (n: number) => activityClasses(new Float64Array(n).fill(1));
  const coactive = await coactivationPartners(
    activations(golden.codesA, nA),
    activations(golden.codesB, nB),
    { measures: ['jaccard', 'correlation'], threads: 2, level: 0 },
  );
  const [a, b] = [engine.floats(golden.a, [nA, golden.d]), engine.floats(golden.b, [nB, golden.d])];
  const all = (n: number) => Int32Array.from({ length: n }, (_, i) => i);
  lists = {
    cosine: cosineLists(engine, a, b, all(nA), all(nB)),
    jaccard: coactive.get('jaccard')!.lists,
    correlation: coactive.get('correlation')!.lists,
  };
  found = {
    cosine: await cosinePartners(engine, a, b, {
      a: everyone(nA),
      b: everyone(nB),
    }),
    jaccard: coactive.get('jaccard')!,
    correlation: coactive.get('correlation')!,
  };
  await engine.close();
});

describe.each(['cosine', 'jaccard', 'correlation'] as const)('%s', (name) => {
  it.each(['aToB', 'bToA'] as const)('agrees with numpy %s', (direction) => {
    const { index, value } = partnersAt(found[name][direction], levelOf(1));
    const expected = golden[name][direction];
    expect(Array.from(index)).toEqual(expected.index);
    expected.value.forEach((best, i) => expect(Math.abs(value[i]! - best)).toBeLessThan(1e-6));
  });
});

it.each(['cosine', 'jaccard', 'correlation'] as const)(
  "assigns one to one by %s as scipy's linear_sum_assignment",
  (name) => {
    const everyone = (n: number) => Int32Array.from({ length: n }, (_, i) => i);
    const { index, total, bound, method } = assignOneToOne(
      lists[name],
      everyone(nA),
      everyone(nB),
      { a: nA, b: nB },
    );
    expect(method).toBe('exact');
    expect(bound).toBe(total);
    expect(new Set(index).size).toBe(nA);
    // A pair that shares no token scores 0 here, and a little below 0 by Pearson's formula.
    expect(Math.abs(total - golden[name].assigned)).toBeLessThan(1e-6);
  },
);
