import type { JobProgress } from '../../shared/contract/jobs.ts';
import type { JobSpec } from '../../shared/domain/job-spec.ts';
import type { JobState } from '../../shared/domain/job-state.ts';
import type { ErrorJson } from '../../shared/errors.ts';
import type { Reader, Value, Writer } from './connection.ts';
import { readJson, readMaybeJson, writeMaybeJson } from './json.ts';

export interface StoredJob {
  readonly id: string;
  readonly kind: JobSpec['kind'];
  readonly name: string;
  readonly spec: JobSpec;
  readonly state: JobState;
  readonly attempt: number;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Milliseconds of work up to the last change of state. */
  readonly worked: number;
  readonly queuedAt: number;
  readonly progress: JobProgress | null;
  readonly error: ErrorJson | null;
  readonly checkpointStep: number | null;
  readonly pid: number | null;
  readonly processStarted: string | null;
  readonly importedAttempt: number | null;
}

export type JobChanges = Partial<
  Pick<
    StoredJob,
    | 'state'
    | 'attempt'
    | 'startedAt'
    | 'endedAt'
    | 'worked'
    | 'queuedAt'
    | 'progress'
    | 'error'
    | 'checkpointStep'
    | 'pid'
    | 'processStarted'
    | 'importedAttempt'
  >
>;

export interface NewJob {
  readonly id: string;
  readonly spec: JobSpec;
  readonly state: JobState;
  readonly createdAt: number;
  readonly attempt?: number;
}

const columns: Readonly<Record<keyof JobChanges, string>> = {
  state: 'state',
  attempt: 'attempt',
  startedAt: 'started_at',
  endedAt: 'ended_at',
  worked: 'worked',
  queuedAt: 'queued_at',
  progress: 'progress',
  error: 'error',
  checkpointStep: 'checkpoint_step',
  pid: 'pid',
  processStarted: 'process_started',
  importedAttempt: 'imported_attempt',
};

const select = `SELECT id, kind, name, spec, created_at AS createdAt, ${Object.entries(columns)
  .map(([name, column]) => `${column} AS ${name}`)
  .join(', ')} FROM jobs`;

interface Row extends Omit<StoredJob, 'spec' | 'progress' | 'error'> {
  readonly spec: string;
  readonly progress: string | null;
  readonly error: string | null;
}

function fromRow(db: Reader, row: Row): StoredJob {
  return {
    ...row,
    spec: readJson(db, row.spec),
    progress: readMaybeJson(db, row.progress),
    error: readMaybeJson(db, row.error),
  };
}

export function insertJob(db: Writer, job: NewJob): void {
  const { id, spec, state, createdAt, attempt = 0 } = job;
  db.run(
    `INSERT INTO jobs (id, kind, name, spec, state, created_at, queued_at, attempt)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    [id, spec.kind, spec.name, JSON.stringify(spec), state, createdAt, createdAt, attempt],
  );
}

export function getJob(db: Reader, id: string): StoredJob | undefined {
  const row = db.get<Row>(`${select} WHERE id = ?`, [id]);
  return row && fromRow(db, row);
}

/** Newest first. */
export function listJobs(db: Reader): StoredJob[] {
  return db
    .all<Row>(`${select} ORDER BY created_at DESC, rowid DESC`)
    .map((row) => fromRow(db, row));
}

/** Jobs in one of the states, in the order of the queue. */
export function listJobsIn(db: Reader, states: readonly JobState[]): StoredJob[] {
  const places = states.map(() => '?').join(', ');
  return db
    .all<Row>(`${select} WHERE state IN (${places}) ORDER BY queued_at, rowid`, states)
    .map((row) => fromRow(db, row));
}

export function updateJob(db: Writer, id: string, changes: JobChanges): void {
  const entries = Object.entries(changes) as [keyof JobChanges, unknown][];
  if (entries.length === 0) return;
  const assignments = entries.map(([name]) => `${columns[name]} = ?`).join(', ');
  const values = entries.map(([name, value]) =>
    name === 'progress' || name === 'error' ? writeMaybeJson(value) : (value as Value),
  );
  db.run(`UPDATE jobs SET ${assignments} WHERE id = ?`, [...values, id]);
}
