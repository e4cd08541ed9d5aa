import { createRawSnippet } from 'svelte';
import { describe, expect, it } from 'vitest';
import {
  orderPaths,
  runColumns,
  shortPath,
} from '../../../../../renderer/views/runs/run-columns.ts';
import type { Row } from '../../../../../renderer/views/runs/run-rows.ts';
import { group, run, summary } from './groups.ts';

const cell = createRawSnippet(() => ({ render: () => '' }));
const measured = group([run('a0', { seconds: 4 }), run('a1', { seconds: 8, metrics: { l0: 3 } })], {
  metrics: { l0: summary(40), kl: summary(2, 1) },
  differing: { 'training.learningRate': 5e-4 },
});
const columnsOf = (flat: boolean) =>
  runColumns({
    metrics: ['l0', 'kl', 'mse'],
    differing: ['training.learningRate'],
    groups: [measured],
    cells: { name: cell, state: cell, metric: cell },
    flat,
    stateOf: ({ state }) => state,
  });
const groupRow: Row = { kind: 'group', key: 'g', group: measured };
const runRow: Row = { kind: 'run', key: 'r', group: measured, run: measured.runs[1]! };
const text = (key: string, row: Row, flat = false) =>
  columnsOf(flat)
    .find((column) => column.key === key)!
    .text(row);

describe('columns of the table of runs', () => {
  it('show mean and interval of a group, the value of a run, and nothing where nothing is known', () => {
    expect(text('metric:l0', groupRow)).toBe('40.0\u2009±\u20091.0');
    expect(text('metric:kl', groupRow)).toBe('2');
    expect(text('metric:l0', runRow)).toBe('3');
    expect(text('metric:mse', groupRow)).toBe('–');
  });

  it('show what differs between specs with all its digits', () => {
    expect(text('spec:training.learningRate', groupRow)).toBe('0.0005');
    expect(text('spec:training.learningRate', runRow)).toBe('');
  });

  it('say name and spec of each run where runs stand alone', () => {
    expect(text('name', runRow)).toBe('seed 0');
    expect(text('name', runRow, true)).toBe('small, seed 0');
    expect(text('spec:training.learningRate', runRow, true)).toBe('0.0005');
  });

  it('show the mean time of a group', () => {
    expect(text('seconds', groupRow)).toBe('6.0 s');
    expect(text('seconds', runRow)).toBe('8.0 s');
  });
});

describe('fields of specs', () => {
  it('come with what bears on the result first', () => {
    expect(
      orderPaths(['evaluation.every', 'training.logEvery', 'training.batch', 'objective.p']),
    ).toEqual(['objective.p', 'training.batch', 'evaluation.every', 'training.logEvery']);
  });

  it('are called by the end of their path, as long as it has to be', () => {
    const paths = ['training.sequences', 'evaluation.sequences', 'dictionary.ratio'];
    expect(paths.map((path) => shortPath(path, paths))).toEqual([
      'training.sequences',
      'evaluation.sequences',
      'ratio',
    ]);
  });
});
