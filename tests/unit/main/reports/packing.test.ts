import { expect, test } from 'vitest';
import { packFeature, unpackFeature } from '../../../../main/reports/viewer/packing.ts';
import { sampleFeature } from '../../../support/sample-report.ts';

test('a feature comes back as it was, from ids and a vocabulary', () => {
  const feature = sampleFeature(7, (slot) => slot);
  const first = feature.groups[0]?.examples[0];
  if (!first) throw new Error('no example');
  first.ids = first.tokens.map((_, index) => index);
  const one = { ...feature, groups: [{ ...feature.groups[0]!, examples: [first] }] };
  const vocabulary = new Map<number, string>();
  const packed = packFeature(one, vocabulary);
  expect(packed.groups[0]?.examples[0]).not.toHaveProperty('tokens');
  expect(vocabulary.size).toBe(first.tokens.length);
  expect(unpackFeature(packed, vocabulary)).toEqual(one);
});

test('tokens that the vocabulary would tell wrongly are kept', () => {
  const feature = sampleFeature(7, (slot) => slot);
  const example = feature.groups[0]!.examples[0]!;
  example.ids = example.tokens.map(() => 5);
  const one = { ...feature, groups: [{ ...feature.groups[0]!, examples: [example] }] };
  const vocabulary = new Map([[5, 'other']]);
  expect(unpackFeature(packFeature(one, vocabulary), vocabulary)).toEqual(one);
  expect(vocabulary).toEqual(new Map([[5, 'other']]));
});

test('activations are kept to five significant digits', () => {
  const feature = sampleFeature(7, (slot) => slot);
  feature.groups[0]!.examples[0]!.activations[0] = 0.123456789;
  const packed = packFeature(feature, new Map());
  expect(packed.groups[0]?.examples[0]?.activations[0]).toBe(0.12346);
});
