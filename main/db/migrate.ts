import { readFileSync, readdirSync } from 'node:fs';
import { AppError } from '../../shared/errors.ts';
import type { Writer } from './connection.ts';

export interface Migration {
  /** The version of the database after it. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** The migrations beside this file, in order: `001-initial.sql`, `002-….sql` and so on. */
export function readMigrations(): Migration[] {
  const folder = new URL('./migrations/', import.meta.url);
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return names.map((name, index) => {
    const version = Number(name.slice(0, 3));
    if (version !== index + 1) throw new Error(`The migration ${name} is out of order.`);
    return { version, name, sql: readFileSync(new URL(name, folder), 'utf8') };
  });
}

/**
 * Brings a database to the newest version. Each migration and its version number are one
 * transaction: a crash leaves the old version or the new one, never something between.
 * @param beforeFirst is awaited before the first change to a database that has content.
 * @throws AppError `database-newer` for a database of a later release.
 */
export async function migrate(
  db: Writer,
  migrations: readonly Migration[],
  beforeFirst: (version: number) => Promise<void>,
): Promise<void> {
  const version = versionOf(db);
  checkKnown(version, migrations.length, db.file);
  const pending = migrations.slice(version);
  if (pending.length > 0 && version > 0) await beforeFirst(version);
  for (const migration of pending)
    db.transaction(() => {
      db.execute(migration.sql);
      db.execute(`PRAGMA user_version = ${migration.version}`);
    });
}

export function versionOf(db: { pragma(text: string): unknown }): number {
  return db.pragma('user_version') as number;
}

/** @throws AppError `database-newer` */
export function checkKnown(version: number, newest: number, file: string): void {
  if (version <= newest) return;
  throw new AppError(
    'database-newer',
    `${file} was written by a newer Assay (version ${version} of the database; this one knows ${newest}). Update Assay, or open another project.`,
    { file, version, newest },
  );
}
