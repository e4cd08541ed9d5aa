import { expect, it } from 'vitest';
import {
  findObjects,
  matches,
  type Searchable,
} from '../../../renderer/components/frame/palette-items.ts';

const project: Searchable = {
  groups: [],
  dictionaries: [],
  comparisons: [],
  studies: [],
  predictions: [
    {
      job: 'job_1',
      name: 'question from features',
      createdAt: 0,
      dictionary: 'dict_1',
      label: 'question',
      unit: 'token',
      family: 'binomial',
    },
  ],
  evaluations: [],
  fits: Array.from({ length: 50 }, (_, index) => ({
    id: `fit_${index}`,
    name: `maze ${index}`,
    createdAt: 0,
    table: 'maze.csv',
    formula: 'y ~ x',
    filter: null,
    family: 'binomial',
    n: 5252,
    r2: null,
    warnings: 0,
  })),
  reports: [{ id: 'rep_1', title: 'evil \u202egnp', createdAt: 0, path: '', bytes: 0, sha256: '' }],
};

it('all words must occur, in any order and case', () => {
  expect(matches('Go to Statistics', 'statis GO')).toBe(true);
  expect(matches('Go to Statistics', 'go runs')).toBe(false);
  expect(matches('anything', '  ')).toBe(true);
});

it('shows few things before something is searched, and not more than a list can hold after', () => {
  expect(findObjects(project, '')).toHaveLength(6);
  expect(findObjects(project, 'maze')).toHaveLength(30);
  expect(findObjects(project, 'maze 49')[0]).toMatchObject({
    page: 'statistics',
    parts: ['fit_49'],
  });
});

it('leads to what is opened under a tab', () => {
  expect(findObjects(project, 'prediction question')[0]).toMatchObject({
    page: 'statistics',
    parts: [],
    query: { tab: 'predictors', prediction: 'job_1' },
  });
});

it('shows names from data without their tricks', () => {
  expect(findObjects(project, 'evil')[0]?.title).toBe('evil ⟨202E⟩gnp');
});
