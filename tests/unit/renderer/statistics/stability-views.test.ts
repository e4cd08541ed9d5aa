import { describe, expect, it } from 'vitest';
import type { PowerCurve, ReferenceTerm } from '../../../../shared/contract/stability.ts';
import { parseJobSpec, type RegressSpec } from '../../../../shared/domain/job-spec.ts';
import { powerPoints } from '../../../../renderer/views/statistics/stability/power-data.ts';
import {
  blockedBy,
  readChoices,
  simplified,
  studySpec,
  usualChoices,
} from '../../../../renderer/views/statistics/stability/study-spec.ts';
import {
  accuracyWords,
  suppressionNote,
} from '../../../../renderer/views/statistics/stability/study-words.ts';

const spec: RegressSpec = {
  kind: 'regress',
  name: 'won on a',
  table: 't.csv',
  formula: 'won ~ a + b',
  family: 'binomial',
  filter: 'a > 0',
};

describe('the spec of a study', () => {
  it('is that of the form with its refits, and is accepted as a job', () => {
    const made = studySpec(spec, {
      ...usualChoices,
      penalty: 'liblinear',
      strength: 2,
      splits: 50,
    });
    expect(parseJobSpec(made, 'spec')).toEqual(made);
    expect(made).toMatchObject({
      filter: 'a > 0',
      penalty: { kind: 'l1', convention: 'liblinear', strength: 2 },
      splits: { refits: 50 },
    });
    // No more splits can leave a variable out than there are.
    expect(made.dropOne).toBe(50);
  });

  it('says what cannot be studied, and what the refits leave aside', () => {
    expect(blockedBy(null)).toContain('Choose an outcome');
    expect(blockedBy({ ...spec, family: 'poisson' })).toContain('linear and logistic');
    expect(blockedBy(spec)).toBeUndefined();
    expect(simplified(spec)).toBeUndefined();
    expect(simplified({ ...spec, errors: { kind: 'HC3' } })).toContain('HC3 errors');
  });

  it('takes the usual choices where what was remembered is none', () => {
    expect(readChoices({ subsets: 'many' })).toEqual(usualChoices);
    expect(readChoices({ ...usualChoices, seed: 4 }).seed).toBe(4);
  });
});

describe('words about a study', () => {
  const term = { term: 'b', unpenalised: 1.3, se: 0.1, aloneUnpenalised: -0.5, aloneSe: 0.1 };

  it('explain a suppressor only where both signs are clear', () => {
    expect(suppressionNote(term as ReferenceTerm)).toContain('suppression');
    expect(suppressionNote({ ...term, se: 1 } as ReferenceTerm)).toContain('not both are clear');
    expect(suppressionNote({ ...term, unpenalised: -1 } as ReferenceTerm)).toBeUndefined();
  });

  it('hold accuracy against guessing', () => {
    const heldOut = (low: number, high: number) => ({
      splits: 100,
      trainRows: 80,
      testRows: 20,
      accuracy: { mean: 0.7, low: 0.6, high: 0.8 },
      baseRate: { mean: 0.6, low: null, high: null },
      gain: { mean: 0.1, low, high },
      balancedAccuracy: null,
      auc: null,
      r2: null,
      failed: [],
    });
    expect(accuracyWords(heldOut(0.02, 0.2))).toContain('More than chance explains.');
    expect(accuracyWords(heldOut(-0.02, 0.2))).toContain('No clear gain');
    expect(accuracyWords({ ...heldOut(0, 1), accuracy: null })).toBeUndefined();
  });

  it('show the terms that flip most, each as one series', () => {
    const share = (value: number) => ({ count: 1, share: value, low: value, high: value });
    const power: PowerCurve = {
      refits: 10,
      truth: [
        { term: 'steady', coefficient: 2 },
        { term: 'shaky', coefficient: 0.1 },
      ],
      sizes: [100, 400].map((n) => ({
        n,
        failed: [],
        terms: [0, 0.4].map((at) => ({ refits: 10, zero: share(0), opposite: share(at) })),
      })),
    };
    expect(powerPoints(power).map(({ x, y, series }) => [x, y, series])).toEqual([
      [100, 0.4, 'shaky'],
      [400, 0.4, 'shaky'],
      [100, 0, 'steady'],
      [400, 0, 'steady'],
    ]);
  });
});
