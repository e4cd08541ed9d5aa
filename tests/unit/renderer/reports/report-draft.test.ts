import { describe, expect, it } from 'vitest';
import type { DictionaryRow } from '../../../../shared/contract/features.ts';
import type { RunGroup } from '../../../../shared/contract/runs.ts';
import {
  draftOfLink,
  emptyDraft,
  linkNames,
  moved,
  newSection,
  parseDraft,
  parseFeatures,
  problemOf,
  singleKinds,
  toSections,
} from '../../../../renderer/views/reports/report-draft.ts';

const known = {
  runs: new Set(['run_aaaaaa']),
  dictionaries: new Set(['dict_aaaaaa']),
  singles: {
    fit: new Set(['fit_aaaaaa']),
    stability: new Set(['stb_aaaaaa']),
    comparison: new Set(['cmp_aaaaaa']),
    prediction: new Set(['job_aaaaaa']),
    evaluation: new Set(['evl_aaaaaa']),
  },
};
const noRecords = { fit: [], stability: [], comparison: [], prediction: [], evaluation: [] };

const records = {
  group: { runs: [{ id: 'run_aaaaaa' }] } as RunGroup,
  dictionary: { id: 'dict_aaaaaa', properties: [] as string[] } as DictionaryRow,
  fit: { id: 'fit_aaaaaa', label: 'speed' },
};
const nothing = { groups: [], dictionaries: [], singles: noRecords };

describe('a draft from a link', () => {
  it('holds the runs, the dictionary and the fits that the link names', () => {
    expect(
      draftOfLink({
        title: 'Seeds',
        runs: 'run_a,run_b',
        dictionary: 'dict_a',
        features: '3,17,x',
        fit: 'fit_a,fit_b',
        study: 'stb_a',
        prediction: 'job_a',
        comparison: 'cmp_a',
      }),
    ).toEqual({
      title: 'Seeds',
      sections: [
        { kind: 'runs', runs: ['run_a', 'run_b'] },
        { kind: 'features', dictionary: 'dict_a', choice: 'listed', features: [3, 17], limit: 50 },
        { kind: 'fit', fit: 'fit_a' },
        { kind: 'fit', fit: 'fit_b' },
        { kind: 'stability', study: 'stb_a' },
        { kind: 'comparison', comparison: 'cmp_a' },
        { kind: 'prediction', prediction: 'job_a' },
      ],
    });
  });

  it('is asked for by parameters that are all known, so that a change can take them away', () => {
    const asking = { runs: 'a', dictionary: 'b', fit: 'c', study: 'd', evaluation: 'e' };
    const others = { comparison: 'f', prediction: 'g' };
    const query = Object.entries({ ...asking, ...others });
    expect(query.map(([name]) => linkNames.includes(name))).not.toContain(false);
    for (const [name, value] of query) expect(draftOfLink({ [name]: value })).toBeDefined();
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
    for (const kind of ['text', 'runs', 'features', ...singleKinds] as const)
      expect(problemOf(newSection(kind, nothing), known), kind).not.toBeNull();
    expect(problemOf({ kind: 'fit', fit: 'fit_zzzzzz' }, known)).toContain('not in this project');
    expect(problemOf({ kind: 'runs', runs: ['run_aaaaaa', 'run_gone'] }, known)).toContain(
      'run_gone',
    );
    expect(problemOf({ kind: 'runs', runs: ['run_aaaaaa'] }, known)).toBeNull();
    expect(problemOf({ kind: 'text', title: '', text: 'a' }, known)).toBeNull();
  });

  it('becomes what the host takes', () => {
    const section = { ...newSection('features', nothing), dictionary: 'dict_aaaaaa' };
    expect(toSections([section as ReturnType<typeof newSection>])).toHaveLength(1);
    expect(() => toSections([newSection('fit', nothing)])).toThrow();
  });

  it('begins each section with the newest thing of its kind', () => {
    const dictionary = { ...records.dictionary, properties: ['question'] };
    const offered = {
      groups: [records.group],
      dictionaries: [dictionary],
      singles: { ...noRecords, fit: [records.fit] },
    };
    expect(newSection('runs', offered)).toEqual({ kind: 'runs', runs: ['run_aaaaaa'] });
    expect(newSection('fit', offered)).toEqual({ kind: 'fit', fit: 'fit_aaaaaa' });
    expect(newSection('features', offered)).toMatchObject({
      dictionary: 'dict_aaaaaa',
      choice: 'best-per-property',
    });
    const plain = { ...offered, dictionaries: [records.dictionary] };
    expect(newSection('features', plain)).toMatchObject({ choice: 'most-active' });
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
