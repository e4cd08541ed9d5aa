import type { JobChanges, JobRecord } from '../../shared/domain/job-record.ts';
import type { JobSpec } from '../../shared/domain/job-spec.ts';
import type { JobState } from '../../shared/domain/job-state.ts';
import type { Point } from './job-io.ts';
import type { FromWorker } from './protocol.ts';

/** What the manager keeps across restarts. The host implements it over the project's database. */
export interface JobStore {
  get(id: string): JobRecord | undefined;
  /** Jobs in one of the states, in the order of the queue. */
  listIn(states: readonly JobState[]): JobRecord[];
  /** Makes the record of a job and of its runs, one for each seed. */
  insert(id: string, spec: JobSpec, now: number): void;
  update(id: string, changes: JobChanges): void;
  runsOf(id: string): { id: string; seed: number }[];
  setEngine(id: string, engine: Extract<FromWorker, { type: 'started' }>['engine']): void;
  addPoints(run: string, points: readonly Point[]): void;
}
