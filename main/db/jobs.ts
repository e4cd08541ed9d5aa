import type { JobChanges, JobRecord } from '../../shared/domain/job-record.ts';
import type { JobSpec } from '../../shared/domain/job-spec.ts';
import type { JobState } from '../../shared/domain/job-state.ts';
import type { Reader, Value, Writer } from './connection.ts';
import { readJson, readMaybeJson, writeMaybeJson } from './json.ts';

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

interface Row extends Omit<JobRecord, 'spec' | 'progress' | 'error'> {
  readonly spec: string;
  readonly progress: string | null;
  readonly error: string | null;
}

function fromRow(db: Reader, row: Row): JobRecord {
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

export function getJob(db: Reader, id: string): JobRecord | undefined {
  const row = db.get<Row>(`${select} WHERE id = ?`, [id]);
  return row && fromRow(db, row);
}

/** Newest first. */
export function listJobs(db: Reader): JobRecord[] {
  return db
    .all<Row>(`${select} ORDER BY created_at DESC, rowid DESC`)
    .map((row) => fromRow(db, row));
}

/** Jobs in one of the states, in the order of the queue. */
export function listJobsIn(db: Reader, states: readonly JobState[]): JobRecord[] {
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
