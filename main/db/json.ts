import { corruptDatabase } from './errors.ts';
import type { Reader } from './connection.ts';

/** A JSON column that this database itself wrote: text that is not JSON means damage. */
export function readJson<T>(db: Reader, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw corruptDatabase(db.file, 'a stored document cannot be read', error);
  }
}

export function readMaybeJson<T>(db: Reader, text: string | null): T | null {
  return text === null ? null : readJson<T>(db, text);
}

export function writeMaybeJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}
