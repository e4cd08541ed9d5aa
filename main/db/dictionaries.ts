import type { DictionaryRow } from '../../shared/contract/features.ts';
import type { Reader, Writer } from './connection.ts';
import { readJson, readMaybeJson } from './json.ts';

export interface StoredDictionary extends DictionaryRow {
  /** Number under which its features are stored. */
  readonly key: number;
  /** The features job that its features are from; null for those of its own training. */
  readonly featuresJob: string | null;
}

export type NewDictionary = Omit<StoredDictionary, 'key' | 'job' | 'imported' | 'featuresJob'> & {
  readonly createdAt: number;
};

const select = `
  SELECT dictionaries.key, dictionaries.id, run, dictionaries.name, dictionaries.seed,
         dictionaries.hook, dictionaries.model, architecture, d_in AS dIn, latents, tokens, context,
         alive, properties, features_job AS featuresJob, runs.job AS job,
         CASE jobs.kind WHEN 'import' THEN json_object('from', jobs.spec ->> 'source',
                                                       'format', jobs.spec ->> 'format') END AS imported
  FROM dictionaries LEFT JOIN runs ON runs.id = dictionaries.run LEFT JOIN jobs ON jobs.id = runs.job`;

type Row = Omit<StoredDictionary, 'properties' | 'imported'> & {
  readonly properties: string;
  readonly imported: string | null;
};

function fromRow(db: Reader, row: Row): StoredDictionary {
  return {
    ...row,
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
