import { expect, it } from 'vitest';
import { tellProgress } from '../../../../main/headless/tell-progress.ts';
import type { JobProgress } from '../../../../shared/contract/jobs.ts';
import { ManualClock } from '../../../support/clock.ts';

it('says nothing of what is over within a second, then rate and rest of each phase', () => {
  const clock = new ManualClock();
  const told: JobProgress[] = [];
  const tell = tellProgress(
    { progress: (progress) => told.push(progress) },
    { phase: 'calculating', unit: 'steps' },
    clock,
  );
  tell(0, 1000, 'reading a.csv');
  clock.advance(900);
  tell(90, 1000, 'reading a.csv');
  expect(told).toEqual([]);
  clock.advance(600);
  tell(150, 1000, 'reading a.csv');
  expect(told).toEqual([
    {
      phase: 'reading a.csv',
      done: 150,
      total: 1000,
      unit: 'bytes',
      rate: 100,
      remainingSeconds: 8.5,
    },
  ]);
  tell(1, 4, 'factorising');
  expect(told.at(-1)).toMatchObject({ phase: 'factorising', unit: 'steps', rate: null });
});
