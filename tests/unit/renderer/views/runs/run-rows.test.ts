import { describe, expect, it } from 'vitest';
import {
  arrangeRows,
  groupLabels,
  selectedRuns,
  stateWords,
  type Row,
} from '../../../../../renderer/views/runs/run-rows.ts';
import type { Column } from '../../../../../renderer/components/data-table/columns.ts';
import { group, run, summary } from './groups.ts';

const a = group([run('a0', { metrics: { l0: 30 } }), run('a1', { seed: 1, metrics: { l0: 10 } })], {
  metrics: { l0: summary(20) },
});
const b = group([run('b0', { metrics: { l0: 15 } })], { metrics: { l0: summary(15, 1) } });
const l0: Column<Row> = {
  key: 'l0',
  title: 'L0',
  numeric: true,
  text: () => '',
  value: (row) =>
    (row.kind === 'run' ? row.run.metrics['l0'] : row.group.metrics['l0']?.mean) ?? null,
};
const keys = (rows: readonly Row[]) => rows.map(({ key }) => key);

describe('rows of the table of runs', () => {
  const arrange = (changes: { open?: string[]; flat?: boolean; descending?: boolean }) =>
    keys(
      arrangeRows([a, b], {
        columns: [l0],
        sort: { key: 'l0', descending: changes.descending ?? false },
        open: new Set(changes.open),
        flat: changes.flat ?? false,
      }),
    );

  it('are groups by what they are as a whole, their runs sorted below them', () => {
    expect(arrange({})).toEqual(['g-b0', 'g-a0']);
    expect(arrange({ open: ['g-a0'] })).toEqual(['g-b0', 'g-a0', 'a1', 'a0']);
    expect(arrange({ open: ['g-a0'], descending: true })).toEqual(['g-a0', 'a0', 'a1', 'g-b0']);
  });

  it('do not unfold a group of one run', () => {
    expect(arrange({ open: ['g-b0'] })).toEqual(['g-b0', 'g-a0']);
  });

  it('are all runs in one order without groups', () => {
    expect(arrange({ flat: true })).toEqual(['a1', 'b0', 'a0']);
  });
});

it('takes each run of a selection once, whether it or its group is selected', () => {
  const ids = (selection: string[]) =>
    selectedRuns([a, b], selection).map(({ runs }) => runs.map(({ id }) => id));
  expect(ids(['g-a0', 'a1'])).toEqual([['a0', 'a1']]);
  expect(ids(['a1', 'g-b0'])).toEqual([['a1'], ['b0']]);
  expect(ids(['gone'])).toEqual([]);
});

it('says the states of a group in a word, or with counts', () => {
  expect(stateWords(['failed', 'failed'])).toBe('failed');
  expect(stateWords(['succeeded', 'failed', 'succeeded'])).toBe('2 succeeded, 1 failed');
});

it('tells groups of one name apart by their specs, or by number', () => {
  const other = (value: number) =>
    group([run(`c${value}`)], { differing: { 'objective.sparsity.coefficient': value } });
  expect(groupLabels([other(1), other(2)])).toEqual([
    'small, coefficient 1',
    'small, coefficient 2',
  ]);
  expect(groupLabels([a, a])).toEqual(['small (1)', 'small (2)']);
  expect(groupLabels([b])).toEqual(['small']);
});
