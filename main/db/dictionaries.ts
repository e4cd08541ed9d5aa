import type { DictionaryRow } from '../../shared/contract/features.ts';
import type { Reader, Writer } from './connection.ts';
import { readJson, readMaybeJson } from './json.ts';

export interface StoredDictionary extends DictionaryRow {
  /** Number under which its features are stored. */
  readonly key: number;
}

export type NewDictionary = Omit<StoredDictionary, 'key' | 'job' | 'imported'> & {
  readonly createdAt: number;
};

const select = `
  SELECT dictionaries.key, dictionaries.id, run, dictionaries.name, dictionaries.seed,
         dictionaries.hook, dictionaries.model, architecture, d_in AS dIn, latents, tokens, context,
         alive, properties, runs.job AS job,
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
