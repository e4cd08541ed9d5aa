import { expect, test } from 'vitest';
import { placeOf } from '../../../../../renderer/views/jobs/job-place.ts';
import type { JobRow } from '../../../../../shared/contract/jobs.ts';

function job(changes: Partial<JobRow>): JobRow {
  return {
    id: 'job_0000000001',
    kind: 'train',
    name: 'a job',
    state: 'succeeded',
    actions: [],
    createdAt: 0,
    startedAt: null,
    endedAt: null,
    attempt: 1,
    progress: null,
    error: null,
    checkpointStep: null,
    runs: [],
    dictionaries: [],
    ...changes,
  };
}

test('a job leads to what it makes', () => {
  expect(placeOf(job({ runs: ['run_a', 'run_b'] }))).toEqual({
    page: 'runs',
    parts: ['run_a'],
    query: {},
  });
  expect(placeOf(job({ kind: 'import', runs: ['run_a'] }))?.page).toBe('runs');
  expect(placeOf(job({ kind: 'import' }))?.page).toBe('features');
  expect(placeOf(job({ kind: 'features', dictionaries: ['dict_a', 'dict_b'] }))?.parts).toEqual([
    'dict_a',
  ]);
  expect(placeOf(job({ kind: 'compare' }))?.page).toBe('compare');
  expect(placeOf(job({ kind: 'stability' }))?.query).toEqual({ tab: 'stability' });
  expect(placeOf(job({}))).toBeUndefined();
});

test('a prediction is opened once it is there, and its page before', () => {
  const made = { tab: 'predictors', prediction: 'job_0000000001' };
  expect(placeOf(job({ kind: 'predict' }))?.query).toEqual(made);
  expect(placeOf(job({ kind: 'predict', state: 'running' }))?.query).toEqual({ tab: 'predictors' });
});
