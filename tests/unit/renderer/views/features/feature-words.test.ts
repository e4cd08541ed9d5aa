import { describe, expect, it } from 'vitest';
import type { DictionaryRow, FeatureRow } from '../../../../../shared/contract/features.ts';
import { groupDictionaries } from '../../../../../renderer/views/features/dictionary-groups.ts';
import { densityText, intervalText } from '../../../../../renderer/views/features/feature-words.ts';

const feature = (changes: Partial<FeatureRow>): FeatureRow => ({
  feature: 1,
  count: 214,
  density: 214 / 500_000,
  densityLow: 0.00037,
  densityHigh: 0.00049,
  mean: 1,
  max: 2,
  label: null,
  rating: null,
  stability: null,
  property: null,
  auc: null,
  ...changes,
});

describe('the density of a feature', () => {
  it('is told as k of N, and as dead at N', () => {
    expect(densityText(feature({}), 500_000)).toBe('214 of 500,000 tokens');
    expect(densityText(feature({ count: 0, density: 0 }), 500_000)).toBe('dead at 500,000 tokens');
    expect(intervalText(feature({}))).toBe('0.037–0.049\u202f%');
    expect(intervalText(feature({ densityLow: 0.2863, densityHigh: 0.2913 }))).toBe(
      '28.6–29.1\u202f%',
    );
    expect(intervalText(feature({ densityLow: 0, densityHigh: 0.00003 }))).toBe('0–0.0030\u202f%');
  });
});

describe('dictionaries to choose from', () => {
  const row = (changes: Partial<DictionaryRow>): DictionaryRow => ({
    id: 'dict_000001',
    run: null,
    job: null,
    group: null,
    objective: null,
    name: 'small',
    seed: 0,
    hook: 'h',
    model: 'm',
    architecture: 'relu',
    dIn: 1,
    latents: 1,
    tokens: 1,
    context: 128,
    alive: 1,
    properties: [],
    imported: null,
    ...changes,
  });

  it('stand together where their trainings differ in the seed alone, by names that tell groups apart', () => {
    const groups = groupDictionaries([
      row({ id: 'dict_000001', group: 'a', objective: 'local', seed: 1 }),
      row({ id: 'dict_000002', group: 'b', objective: 'e2e', seed: 0 }),
      row({ id: 'dict_000003', group: 'a', objective: 'local', seed: 0 }),
      row({ id: 'dict_000004', group: 'c', objective: 'e2e', seed: 0 }),
      row({ id: 'dict_000005', seed: null }),
      row({ id: 'dict_000006', group: 'd', objective: 'local', name: 'large' }),
    ]);
    expect(groups.map(({ name, members }) => [name, members.map(({ seed }) => seed)])).toEqual([
      ['small · h · local', [0, 1]],
      ['small · h · e2e', [0]],
      ['small · h · e2e (2)', [0]],
      ['small · h', [null]],
      ['large · h', [0]],
    ]);
  });
});
