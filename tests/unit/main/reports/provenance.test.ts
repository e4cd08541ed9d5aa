import { expect, test } from 'vitest';
import { flatten, provenanceTable } from '../../../../main/reports/provenance.ts';

test('leaves of provenance are known by their dotted path', () => {
  const value = {
    commit: 'abc',
    dirty: false,
    engine: { threads: 2, names: ['a', 'b'] },
    none: null,
  };
  expect([...flatten(value)]).toEqual([
    ['commit', 'abc'],
    ['dirty', 'false'],
    ['engine.threads', '2'],
    ['engine.names', 'a, b'],
    ['none', '–'],
  ]);
});

test('a list of documents is flattened by place', () => {
  expect([...flatten({ files: [{ name: 'a' }, { name: 'b' }] })]).toEqual([
    ['files.0.name', 'a'],
    ['files.1.name', 'b'],
  ]);
});

test('what all sources share is printed once, what differs once for each', () => {
  const text = provenanceTable([
    { name: 'seed 0', value: { commit: 'abc', seed: 0 } },
    { name: 'seed 1', value: { commit: 'abc', seed: 1 } },
  ]).markup;
  expect(text.match(/abc/g)).toHaveLength(1);
  expect(text).toMatch(/seed 0<\/span>\s*0/);
  expect(text).toMatch(/seed 1<\/span>\s*1/);
});

test('provenance that is empty says so', () => {
  expect(provenanceTable([]).markup).toContain('Nothing was recorded');
});
