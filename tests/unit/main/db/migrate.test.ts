import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { listBackups } from '../../../../main/db/backup.ts';
import { readMigrations, type Migration } from '../../../../main/db/migrate.ts';
import { backupFolder, openWriter } from '../../../../main/db/open.ts';
import { temporaryFolder } from '../../../support/folders.ts';

const first = readMigrations().slice(0, 1);
const second: Migration = {
  version: 2,
  name: '002-test.sql',
  sql: `ALTER TABLE project ADD COLUMN motto TEXT NOT NULL DEFAULT 'none';
        UPDATE project SET motto = 'carried over';
        CREATE TABLE extra (id INTEGER PRIMARY KEY) STRICT;`,
};

async function oldDatabase(): Promise<string> {
  const file = join(temporaryFolder(), '.assay', 'assay.db');
  const db = await openWriter(file, { migrations: first });
  db.run("INSERT INTO project (id, uid, created_at, notes) VALUES (1, 'u', 1, 'kept')");
  db.close();
  return file;
}

function inspect(file: string) {
  const db = new BetterSqlite(file, { readonly: true });
  const version = db.pragma('user_version', { simple: true });
  const columns = db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all('project');
  const tables = db
    .prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'")
    .pluck()
    .get();
  const notes = db.prepare('SELECT notes FROM project').pluck().get();
  db.close();
  return { version, motto: columns.includes('motto'), extra: tables === 1, notes };
}

describe('the migrations', () => {
  it('are numbered without gaps', () => {
    expect(readMigrations().map(({ version }) => version)).toEqual(
      readMigrations().map((_, index) => index + 1),
    );
  });

  it('keep what was there, after a verified backup of it', async () => {
    const file = await oldDatabase();
    const db = await openWriter(file, { migrations: [...first, second], now: () => 99 });
    expect(db.get('SELECT notes, motto FROM project')).toEqual({
      notes: 'kept',
      motto: 'carried over',
    });
    db.close();
    const backups = listBackups(backupFolder(file));
    expect(backups.map(({ time }) => time)).toEqual([99]);
    expect(inspect(backups[0]!.path)).toMatchObject({ version: 1, motto: false, notes: 'kept' });
  });

  it('make no backup of a database that has nothing in it', async () => {
    const file = join(temporaryFolder(), '.assay', 'assay.db');
    (await openWriter(file)).close();
    expect(existsSync(backupFolder(file))).toBe(false);
  });

  it('do not change anything when one of them fails', async () => {
    const file = await oldDatabase();
    const broken = { ...second, sql: `${second.sql} SELECT no_such_function();` };
    await expect(openWriter(file, { migrations: [...first, broken] })).rejects.toThrow('no such');
    expect(inspect(file)).toEqual({ version: 1, motto: false, extra: false, notes: 'kept' });
  });

  it.each([1, 2, 3, 4])('leave the old version when killed at statement %i', async (statement) => {
    const file = await oldDatabase();
    const child = fork(join(import.meta.dirname, '../../../support/killed-migration.ts'), [
      file,
      String(statement),
    ]);
    const [, signal] = (await once(child, 'exit')) as [number, string];
    expect(signal).toBe('SIGKILL');
    const db = await openWriter(file, { migrations: first });
    expect(db.pragma('integrity_check')).toBe('ok');
    db.close();
    expect(inspect(file)).toEqual({ version: 1, motto: false, extra: false, notes: 'kept' });
    expect(listBackups(backupFolder(file))).toHaveLength(1);
  });
});
