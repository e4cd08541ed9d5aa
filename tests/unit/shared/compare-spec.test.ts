import { describe, expect, it } from 'vitest';
import { comparedPairs, isDictionaryId } from '../../../shared/domain/compare-spec.ts';
import { parseJobSpec } from '../../../shared/domain/job-spec.ts';

const document = {
  kind: 'compare',
  name: 'c',
  dictionaries: ['dict_000001', 'dict_000002', 'saes/third.safetensors'],
  tokens: { file: 'tokens.safetensors' },
};

const parsed = (changes: object = {}) => {
  const spec = parseJobSpec({ ...document, ...changes }, 'c.yaml');
  if (spec.kind !== 'compare') throw new Error(spec.kind);
  return spec;
};

describe('the spec of a comparison', () => {
  it('fills in the defaults, and means every pair once', () => {
    const spec = parsed();
    expect(spec).toMatchObject({ minimumCount: 10, resamples: 1000, seed: 0, pairs: 'all' });
    expect(spec.measures).toHaveLength(5);
    expect(comparedPairs(spec)).toEqual([
      [0, 1],
      [0, 2],
      [1, 2],
    ]);
    expect(comparedPairs(parsed({ pairs: [[2, 0]] }))).toEqual([[2, 0]]);
  });

  it.each([
    [{ dictionaries: ['dict_000001'] }, 'dictionaries'],
    [{ dictionaries: ['dict_000001', 'dict_000001'] }, 'dictionaries'],
    [{ measures: ['jaccard', 'jaccard'] }, 'measures'],
    [{ measures: ['cosine'] }, 'measures.0'],
    [{ pairs: [[0, 3]] }, 'pairs.0'],
    [{ pairs: [[1, 1]] }, 'pairs.0'],
    [
      {
        pairs: [
          [0, 1],
          [1, 0],
        ],
      },
      'pairs.1',
    ],
    [{ minimumCount: -1 }, 'minimumCount'],
    [{ minCount: 10 }, 'minCount'],
  ])('refuses %j at %s', (changes, place) => {
    expect(() => parsed(changes)).toThrowError(
      expect.objectContaining({ code: 'bad-spec', details: { file: 'c.yaml', place } }) as Error,
    );
  });

  it('tells ids from paths', () => {
    expect(isDictionaryId('dict_is5fbcjqo5637m3e')).toBe(true);
    expect(isDictionaryId('dict_file.safetensors')).toBe(false);
  });
});
