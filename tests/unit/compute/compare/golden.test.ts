import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { activityClasses, levelOf } from '../../../../main/compute/compare/activity-classes.ts';
import { assignExactly } from '../../../../main/compute/compare/assign-exactly.ts';
import { partnersAt } from '../../../../main/compute/compare/best-partners.ts';
import { coactivationPartners } from '../../../../main/compute/compare/coactivation-partners.ts';
import { type BothWays, cosinePartners } from '../../../../main/compute/compare/cosine-partners.ts';
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

beforeAll(async () => {
  const engine = await openEngine('wasm', { threads: 2 });
  const everyone = (n: number) => activityClasses(new Float64Array(n).fill(1));
  const coactive = await coactivationPartners(
    activations(golden.codesA, nA),
    activations(golden.codesB, nB),
    { measures: ['jaccard', 'correlation'], threads: 2 },
  );
  found = {
    cosine: await cosinePartners(
      engine,
      engine.floats(golden.a, [nA, golden.d]),
      engine.floats(golden.b, [nB, golden.d]),
      { a: everyone(nA), b: everyone(nB) },
    ),
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

it("assigns one to one as scipy's linear_sum_assignment", () => {
  const cosines = new Float64Array(nA * nB);
  for (let i = 0; i < nA; i++)
    for (let j = 0; j < nB; j++)
      for (let k = 0; k < golden.d; k++)
        cosines[i * nB + j]! += golden.a[i * golden.d + k]! * golden.b[j * golden.d + k]!;
  expect(Math.abs(assignExactly(cosines, nA, nB).total - golden.cosine.assigned)).toBeLessThan(
    1e-6,
  );
});
