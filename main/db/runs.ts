import type { JobState } from '../../shared/domain/job-state.ts';
import type { Reader, Writer } from './connection.ts';
import { readMaybeJson, writeMaybeJson } from './json.ts';

/** Engine, device, version and threads, as the worker told at its start. */
export interface RunEngine {
  readonly name: string;
  readonly device: string;
  readonly version: string;
  readonly threads: number;
}

/** What is known of a run that another tool did. */
export interface ImportedRun {
  /** What the x of its points counts. */
  readonly x: 'tokens' | 'steps';
  /** What the tool trained it with. */
  readonly config: Readonly<Record<string, unknown>>;
}

export interface StoredRun {
  readonly id: string;
  readonly job: string;
  readonly position: number;
  readonly seed: number;
  readonly name: string;
  readonly hook: string;
  readonly model: string;
  readonly groupKey: string;
  readonly createdAt: number;
  readonly seconds: number | null;
  readonly engine: RunEngine | null;
  readonly label: string;
  readonly notes: string;
  readonly state: JobState;
  readonly dictionary: string | null;
  readonly imported: ImportedRun | null;
}

export interface NewRun {
  readonly id: string;
  readonly job: string;
  readonly position: number;
  readonly seed: number;
  readonly name: string;
  readonly hook: string;
  readonly model: string;
  readonly groupKey: string;
  readonly createdAt: number;
  readonly imported?: ImportedRun;
}

export type Metrics = Record<string, number | null>;

const select = `
  SELECT runs.id, runs.job, runs.position, runs.seed, runs.name, runs.hook, runs.model,
         runs.group_key AS groupKey, runs.created_at AS createdAt, runs.seconds, runs.engine,
         runs.label, runs.notes, jobs.state AS state, dictionaries.id AS dictionary, runs.imported
  FROM runs JOIN jobs ON jobs.id = runs.job
  LEFT JOIN dictionaries ON dictionaries.run = runs.id`;

type Row = Omit<StoredRun, 'engine' | 'imported'> & {
  readonly engine: string | null;
  readonly imported: string | null;
};

function fromRow(db: Reader, row: Row): StoredRun {
  return {
    ...row,
    engine: readMaybeJson<RunEngine>(db, row.engine),
    imported: readMaybeJson<ImportedRun>(db, row.imported),
  };
}

export function insertRun(db: Writer, run: NewRun): void {
  db.run(
    `INSERT INTO runs (id, job, position, seed, name, hook, model, group_key, created_at,
                       imported)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      run.id,
      run.job,
      run.position,
      run.seed,
      run.name,
      run.hook,
      run.model,
      run.groupKey,
      run.createdAt,
      writeMaybeJson(run.imported ?? null),
    ],
  );
}

/** Newest job first, its runs in the order of its seeds. */
export function listRuns(db: Reader): StoredRun[] {
  return db
    .all<Row>(`${select} ORDER BY runs.created_at DESC, runs.job, runs.position`)
    .map((row) => fromRow(db, row));
}

export function getRun(db: Reader, id: string): StoredRun | undefined {
  const row = db.get<Row>(`${select} WHERE runs.id = ?`, [id]);
  return row && fromRow(db, row);
}

export function listRunsOfJob(db: Reader, job: string): StoredRun[] {
  return db
    .all<Row>(`${select} WHERE runs.job = ? ORDER BY runs.position`, [job])
    .map((row) => fromRow(db, row));
}

/** Ids of the runs of every job, in the order of their seeds. */
export function runIdsByJob(db: Reader): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  const rows = db.all<{ id: string; job: string }>(
    'SELECT id, job FROM runs ORDER BY job, position',
  );
  for (const { id, job } of rows) {
    const list = ids.get(job);
    if (list) list.push(id);
    else ids.set(job, [id]);
  }
  return ids;
}

export function setRunEngine(db: Writer, job: string, engine: RunEngine): void {
  db.run('UPDATE runs SET engine = ? WHERE job = ?', [JSON.stringify(engine), job]);
}

export function setRunLabel(db: Writer, id: string, label: string, notes: string): number {
  return db.run('UPDATE runs SET label = ?, notes = ? WHERE id = ?', [label, notes, id]);
}

export function metricsOf(db: Reader, run: string): Metrics {
  const rows = db.all<{ name: string; value: number | null }>(
    'SELECT name, value FROM metrics WHERE run = ?',
    [run],
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

/** Metrics of all runs. @param names those that are wanted; null for all. */
export function metricsOfAll(
  db: Reader,
  names: readonly string[] | null = null,
): Map<string, Metrics> {
  const all = new Map<string, Metrics>();
  const rows = db.all<{ run: string; name: string; value: number | null }>(
    'SELECT run, name, value FROM metrics WHERE ? OR name IN (SELECT value FROM json_each(?))',
    [names === null ? 1 : 0, JSON.stringify(names ?? [])],
  );
  for (const { run, name, value } of rows) {
    let metrics = all.get(run);
    if (!metrics) all.set(run, (metrics = {}));
    metrics[name] = value;
  }
  return all;
}

/** Names of the metrics that at least one run has. */
export function metricNames(db: Reader): string[] {
  const rows = db.all<{ name: string }>('SELECT DISTINCT name FROM metrics ORDER BY name');
  return rows.map(({ name }) => name);
}

/** What an import knows of a run. */
export function finishRun(db: Writer, id: string, seconds: number | null, metrics: Metrics): void {
  db.run('UPDATE runs SET seconds = ? WHERE id = ?', [seconds, id]);
  db.run('DELETE FROM metrics WHERE run = ?', [id]);
  for (const [name, value] of Object.entries(metrics))
    db.run('INSERT INTO metrics (run, name, value) VALUES (?, ?, ?)', [id, name, value]);
}

export interface Artifact {
  readonly kind: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Files of a run, and those that the runs of its job share. */
export function artifactsOf(db: Reader, run: StoredRun): Artifact[] {
  return db.all<Artifact>(
    `SELECT kind, path, bytes, sha256 FROM artifacts
     WHERE job = ? AND (run IS NULL OR run = ?) ORDER BY path`,
    [run.job, run.id],
  );
}

export function replaceArtifacts(
  db: Writer,
  job: string,
  artifacts: readonly (Artifact & { run: string | null })[],
): void {
  db.run('DELETE FROM artifacts WHERE job = ?', [job]);
  for (const { run, kind, path, bytes, sha256 } of artifacts)
    db.run(
      'INSERT INTO artifacts (job, run, kind, path, bytes, sha256) VALUES (?, ?, ?, ?, ?, ?)',
      [job, run, kind, path, bytes, sha256],
    );
}
