import type { JobProgress } from '../contract/jobs.ts';
import type { ErrorJson } from '../errors.ts';
import type { JobSpec } from './job-spec.ts';
import type { JobState } from './job-state.ts';

/** What the host remembers of a job. Times are milliseconds since 1970. */
export interface JobRecord {
  readonly id: string;
  readonly kind: JobSpec['kind'];
  readonly name: string;
  readonly spec: JobSpec;
  readonly state: JobState;
  /** Number of launches; 0 until the first. */
  readonly attempt: number;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Milliseconds of work, pauses excluded, up to the last change of state. */
  readonly worked: number;
  /** Place in the queue; smaller goes first. */
  readonly queuedAt: number;
  readonly progress: JobProgress | null;
  readonly error: ErrorJson | null;
  readonly checkpointStep: number | null;
  /** The worker's process. A pid alone is reused by the system; with its start time it is not. */
  readonly pid: number | null;
  readonly processStarted: string | null;
  /** The attempt whose results are in the database. */
  readonly importedAttempt: number | null;
}

export type JobChanges = Partial<Omit<JobRecord, 'id' | 'kind' | 'name' | 'spec' | 'createdAt'>>;
