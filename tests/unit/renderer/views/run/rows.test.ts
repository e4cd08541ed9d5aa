import { expect, it } from 'vitest';
import { distinctSeeds } from '../../../../../renderer/views/run/distinct-seeds.ts';
import { flattenJson } from '../../../../../renderer/views/run/flatten.ts';
import { metricRows } from '../../../../../renderer/views/run/metric-rows.ts';
import { run } from '../runs/groups.ts';

it('puts what was measured at position 0 and at the others beside the metric itself', () => {
  const rows = metricRows({ l0: 3, l0FirstPosition: 9, l0OtherPositions: 2, alive: 5 });
  expect(rows).toMatchObject([
    { name: 'l0', title: 'L0', all: 3, first: 9, others: 2 },
    { name: 'alive', all: 5, first: undefined },
  ]);
});

it('lists the leaves of a document by their path', () => {
  expect(flattenJson({ a: { b: 1, c: [1, 2] }, d: null, e: [{ f: 'x' }] })).toEqual([
    { path: 'a.b', text: '1' },
    { path: 'a.c', text: '1, 2' },
    { path: 'd', text: '' },
    { path: 'e.0.f', text: 'x' },
  ]);
});

it('shows each seed once: the run itself, then those of its job', () => {
  const siblings = [
    { id: 'old0', seed: 0 },
    { id: 'old1', seed: 1 },
    { id: 'new1', seed: 1 },
    { id: 'old2', seed: 2 },
  ];
  const seeds = distinctSeeds({ run: run('new0'), siblings }, ['new0', 'new1']);
  expect(seeds.map(({ id }) => id)).toEqual(['new0', 'new1', 'old2']);
});
