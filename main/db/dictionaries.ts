import type { DictionaryRow } from '../../shared/contract/features.ts';
import type { TrainSpec } from '../../shared/domain/job-spec.ts';
import { runSpec } from '../../shared/domain/run-spec.ts';
import { runType } from '../../shared/domain/objective.ts';
import { objectiveName } from '../../shared/domain/objective-names.ts';
import type { Reader, Writer } from './connection.ts';
import { readJson, readMaybeJson } from './json.ts';

export interface StoredDictionary extends DictionaryRow {
  /** Number under which its features are stored. */
  readonly key: number;
  /** The features job that its features are from; null for those of its own training. */
  readonly featuresJob: string | null;
}

type OfItsRun = 'job' | 'group' | 'objective' | 'imported';

export type NewDictionary = Omit<StoredDictionary, 'key' | 'featuresJob' | OfItsRun> & {
  readonly createdAt: number;
};

const select = `
  SELECT dictionaries.key, dictionaries.id, run, dictionaries.name, dictionaries.seed,
         dictionaries.hook, dictionaries.model, architecture, d_in AS dIn, latents, tokens, context,
         alive, properties, features_job AS featuresJob, runs.job AS job,
         runs.group_key AS "group", runs.position,
         CASE jobs.kind WHEN 'train' THEN jobs.spec END AS spec,
         CASE jobs.kind WHEN 'import' THEN json_object('from', jobs.spec ->> 'source',
                                                       'format', jobs.spec ->> 'format') END AS imported
  FROM dictionaries LEFT JOIN runs ON runs.id = dictionaries.run LEFT JOIN jobs ON jobs.id = runs.job`;

type Row = Omit<StoredDictionary, 'properties' | 'imported' | 'objective'> & {
  readonly properties: string;
  readonly imported: string | null;
  readonly position: number | null;
  readonly spec: string | null;
};

function fromRow(db: Reader, { position, spec, ...row }: Row): StoredDictionary {
  const trained = readMaybeJson<TrainSpec>(db, spec);
  return {
    ...row,
    objective: trained && objectiveName(runType(runSpec(trained, position!).objective)),
    properties: readJson<string[]>(db, row.properties),
    imported: readMaybeJson(db, row.imported),
  };
}

/** Newest first; those of one job in the order of their seeds. */
export function listDictionaries(db: Reader): StoredDictionary[] {
  return db
    .all<Row>(`${select} ORDER BY dictionaries.created_at DESC, runs.job, runs.position`)
    .map((row) => fromRow(db, row));
}

export function getDictionary(db: Reader, id: string): StoredDictionary | undefined {
  const row = db.get<Row>(`${select} WHERE dictionaries.id = ?`, [id]);
  return row && fromRow(db, row);
}

/** Inserts a dictionary and answers its key. */
export function insertDictionary(db: Writer, dictionary: NewDictionary): number {
  const row = dictionary;
  db.run(
    `INSERT INTO dictionaries (id, run, name, seed, hook, model, architecture, d_in, latents,
                               tokens, context, alive, properties, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      row.id,
      row.run,
      row.name,
      row.seed,
      row.hook,
      row.model,
      row.architecture,
      row.dIn,
      row.latents,
      row.tokens,
      row.context,
      row.alive,
      JSON.stringify(row.properties),
      row.createdAt,
    ],
  );
  return db.get<{ key: number }>('SELECT key FROM dictionaries WHERE id = ?', [row.id])!.key;
}

/** What a features job found out about a dictionary as a whole. */
export interface CountedFeatures {
  readonly job: string;
  readonly tokens: number;
  readonly context: number;
  readonly alive: number;
  readonly properties: readonly string[];
}

/** Notes over which tokens a features job counted the features of a dictionary. */
export function setCountedFeatures(db: Writer, dictionary: number, counted: CountedFeatures): void {
  const { job, tokens, context, alive, properties } = counted;
  db.run(
    `UPDATE dictionaries SET features_job = ?, tokens = ?, context = ?, alive = ?, properties = ?
     WHERE key = ?`,
    [job, tokens, context, alive, JSON.stringify(properties), dictionary],
  );
}
