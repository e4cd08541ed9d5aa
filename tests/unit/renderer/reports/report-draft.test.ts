import { describe, expect, it } from 'vitest';
import {
  draftOfLink,
  emptyDraft,
  moved,
  newSection,
  parseDraft,
  parseFeatures,
  problemOf,
  toSections,
} from '../../../../renderer/views/reports/report-draft.ts';

const known = {
  runs: new Set(['run_aaaaaa']),
  dictionaries: new Set(['dict_aaaaaa']),
  fits: new Set(['fit_aaaaaa']),
};

describe('a draft from a link', () => {
  it('holds the runs, the dictionary and the fits that the link names', () => {
    expect(
      draftOfLink({
        title: 'Seeds',
        runs: 'run_a,run_b',
        dictionary: 'dict_a',
        features: '3,17,x',
        fit: 'fit_a,fit_b',
      }),
    ).toEqual({
      title: 'Seeds',
      sections: [
        { kind: 'runs', runs: ['run_a', 'run_b'] },
        { kind: 'features', dictionary: 'dict_a', choice: 'listed', features: [3, 17], limit: 50 },
        { kind: 'fit', fit: 'fit_a' },
        { kind: 'fit', fit: 'fit_b' },
      ],
    });
  });

  it('is none where the address asks for nothing', () => {
    expect(draftOfLink({ title: 'x' })).toBeUndefined();
  });
});

describe('a draft', () => {
  it('that was spoilt is the empty one', () => {
    expect(parseDraft({ title: 'x', sections: [{ kind: 'other' }] })).toEqual(emptyDraft);
    expect(parseDraft('text')).toEqual(emptyDraft);
  });

  it('says what each section lacks', () => {
    for (const kind of ['text', 'runs', 'features', 'fit'] as const)
      expect(problemOf(newSection(kind), known), kind).not.toBeNull();
    expect(problemOf({ kind: 'fit', fit: 'fit_zzzzzz' }, known)).toContain('not in this project');
    expect(problemOf({ kind: 'runs', runs: ['run_aaaaaa', 'run_gone'] }, known)).toContain(
      'run_gone',
    );
    expect(problemOf({ kind: 'runs', runs: ['run_aaaaaa'] }, known)).toBeNull();
    expect(problemOf({ kind: 'text', title: '', text: 'a' }, known)).toBeNull();
  });

  it('becomes what the host takes', () => {
    const section = { ...newSection('features'), dictionary: 'dict_aaaaaa' };
    expect(toSections([section as ReturnType<typeof newSection>])).toHaveLength(1);
    expect(() => toSections([newSection('fit')])).toThrow();
  });

  it('keeps its sections when one is moved', () => {
    expect(moved(['a', 'b', 'c'], 2, -1)).toEqual(['a', 'c', 'b']);
    expect(moved(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c']);
  });
});

it('reads lists and ranges of features', () => {
  expect(parseFeatures('3, 17 20-23;3 x -4')).toEqual([3, 17, 20, 21, 22, 23]);
  expect(parseFeatures('5-2')).toEqual([]);
  expect(parseFeatures('0-999999999')).toHaveLength(2000);
});
