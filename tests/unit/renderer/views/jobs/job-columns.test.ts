import { expect, it } from 'vitest';
import type { JobRow } from '../../../../../shared/contract/jobs.ts';
import { actionWords } from '../../../../../renderer/components/jobs/job-words.ts';
import { elapsedSeconds, progressText } from '../../../../../renderer/views/jobs/job-columns.ts';

const job: JobRow = {
  id: 'job_000001',
  kind: 'train',
  name: 'small',
  state: 'running',
  actions: [],
  createdAt: 0,
  startedAt: 1000,
  endedAt: null,
  attempt: 1,
  progress: { phase: 'training', done: 1, total: 3, unit: 'tokens', rate: 1, remainingSeconds: 2 },
  error: null,
  checkpointStep: null,
  runs: [],
  dictionaries: [],
};

it('counts the time of a running job up to now', () => {
  expect(elapsedSeconds(job, 3500)).toBe(2.5);
  expect(elapsedSeconds({ ...job, endedAt: 2000 }, 3500)).toBe(1);
  expect(elapsedSeconds({ ...job, startedAt: null }, 3500)).toBeNull();
});

it('says how far a job is, why it failed, or where it can go on', () => {
  expect(progressText(job)).toBe('training 33 %');
  const error = { code: 'bad-spec', message: 'No such file.', details: {} } as const;
  expect(progressText({ ...job, state: 'failed', error: { ...error, details: {} } })).toBe(
    'No such file.',
  );
  expect(progressText({ ...job, state: 'interrupted', checkpointStep: 12 })).toBe(
    'checkpoint of step 12',
  );
  expect(progressText({ ...job, state: 'succeeded' })).toBe('');
});

it('calls a new start a resume only where a checkpoint is', () => {
  expect(actionWords(job, 'requeue').label).toBe('Start again');
  expect(actionWords({ checkpointStep: 7 }, 'requeue')).toEqual({
    label: 'Resume',
    title: 'Goes on from the checkpoint of step 7',
  });
});
