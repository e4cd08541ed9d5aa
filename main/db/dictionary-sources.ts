import type { DictionarySource } from '../../shared/contract/dictionaries.ts';
import type { Reader, Writer } from './connection.ts';
import { readJson } from './json.ts';

/** Where an imported dictionary came from; undefined for one that was trained here. */
export function getDictionarySource(db: Reader, key: number): DictionarySource | undefined {
  const row = db.get<{ detail: string }>(
    'SELECT detail FROM dictionary_sources WHERE dictionary = ?',
    [key],
  );
  return row && readJson<DictionarySource>(db, row.detail);
}

export function insertDictionarySource(db: Writer, key: number, source: DictionarySource): void {
  const { format, path, sha256, importedAt } = source;
  db.run(
    `INSERT INTO dictionary_sources (dictionary, format, path, sha256, imported_at, detail)
     VALUES (?, ?, ?, ?, ?, ?)`,
    [key, format, path, sha256, importedAt, JSON.stringify(source)],
  );
}
