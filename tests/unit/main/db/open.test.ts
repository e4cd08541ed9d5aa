import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { backUp } from '../../../../main/db/backup.ts';
import { listJobs } from '../../../../main/db/jobs.ts';
import { applicationId, backupFolder, openReader, openWriter } from '../../../../main/db/open.ts';
import { AppError } from '../../../../shared/errors.ts';
import { temporaryFolder } from '../../../support/folders.ts';
import { addJob } from '../../../support/records.ts';

const script = (name: string) => join(import.meta.dirname, '../../../support', name);

async function makeDatabase(jobs = 1): Promise<string> {
  const file = join(temporaryFolder(), '.assay', 'assay.db');
  const db = await openWriter(file);
  for (let i = 0; i < jobs; i++) addJob(db, `job_${String(i).padStart(6, '0')}`);
  db.close();
  return file;
}

async function failure(file: string): Promise<AppError> {
  const error: unknown = await openWriter(file).then(
    (db) => (db.close(), new Error('it opened')),
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw error;
  return error;
}

/** A copy of a database as it was while open: with what is still in its wal. */
async function liveCopy(jobs: number): Promise<{ file: string; wal: Buffer; main: Buffer }> {
  const file = await makeDatabase(0);
  const db = await openWriter(file);
  for (let i = 0; i < jobs; i++) addJob(db, `job_${String(i).padStart(6, '0')}`);
  const copy = { file, wal: readFileSync(`${file}-wal`), main: readFileSync(file) };
  db.close();
  return copy;
}

describe('opening a database', () => {
  it('makes one where there is none, marked as ours and durable', async () => {
    const db = await openWriter(join(temporaryFolder(), '.assay', 'assay.db'));
    expect(db.pragma('application_id')).toBe(applicationId);
    expect(db.pragma('journal_mode')).toBe('wal');
    expect(db.pragma('synchronous')).toBe(2);
    expect(db.pragma('foreign_keys')).toBe(1);
    db.close();
  });

  it('goes on where a crash ended the very first opening', async () => {
    for (const content of [Buffer.alloc(0), undefined]) {
      const file = join(temporaryFolder(), 'assay.db');
      if (content) writeFileSync(file, content);
      else {
        const raw = new BetterSqlite(file);
        raw.pragma('journal_mode = WAL');
        raw.close();
      }
      (await openWriter(file)).close();
    }
  });

  it('gives a reader while the writer has it open, without taking anything from it', async () => {
    const file = await makeDatabase();
    const writer = await openWriter(file);
    const reader = openReader(file);
    addJob(writer, 'job_zzzzzz');
    expect(listJobs(reader)).toHaveLength(2);
    expect(() => reader.get('DELETE FROM jobs')).toThrow();
    reader.close();
    writer.close();
  });

  it('undoes a transaction that a crash cut short', async () => {
    const { file, wal, main } = await liveCopy(20);
    const target = join(temporaryFolder(), 'assay.db');
    writeFileSync(target, main);
    writeFileSync(`${target}-wal`, wal.subarray(0, wal.length - 100));
    const db = await openWriter(target);
    const jobs = listJobs(db).length;
    expect(jobs).toBeGreaterThan(0);
    expect(jobs).toBeLessThanOrEqual(20);
    db.close();
    expect(existsSync(file)).toBe(true);
  });
});

/** B3: each way in which the file can be wrong has a code of its own, and the file stays as it was. */
describe('a database that cannot be opened', () => {
  it('because the path is a folder', async () => {
    const file = join(temporaryFolder(), 'assay.db');
    mkdirSync(file);
    expect(await failure(file)).toMatchObject({ code: 'not-readable' });
  });

  it('because the path is a link to nothing', async () => {
    const file = join(temporaryFolder(), 'assay.db');
    symlinkSync('/nowhere/at/all', file);
    expect(await failure(file)).toMatchObject({ code: 'not-found' });
  });

  it('because a newer release wrote it', async () => {
    const file = await makeDatabase();
    const raw = new BetterSqlite(file);
    raw.pragma('user_version = 999');
    raw.close();
    const before = readFileSync(file);
    const error = await failure(file);
    expect(error.code).toBe('database-newer');
    expect(error.message).toContain('999');
    expect(readFileSync(file)).toEqual(before);
  });

  it('because another program wrote it', async () => {
    const file = join(temporaryFolder(), 'assay.db');
    const raw = new BetterSqlite(file);
    raw.exec('CREATE TABLE theirs (x)');
    raw.pragma('application_id = 7');
    raw.close();
    const before = readFileSync(file);
    expect(await failure(file)).toMatchObject({ code: 'database-foreign' });
    expect(readFileSync(file)).toEqual(before);
  });

  it('because a program that sets no mark wrote it', async () => {
    const file = join(temporaryFolder(), 'assay.db');
    const raw = new BetterSqlite(file);
    raw.exec('CREATE TABLE theirs (x)');
    raw.close();
    expect(await failure(file)).toMatchObject({ code: 'database-foreign' });
  });

  it('because it is not a database at all', async () => {
    const file = join(temporaryFolder(), 'assay.db');
    writeFileSync(file, 'x'.repeat(5000));
    expect(await failure(file)).toMatchObject({ code: 'database-corrupt' });
  });

  it('because another process is writing it', { timeout: 30_000 }, async () => {
    const file = await makeDatabase();
    const holder = fork(script('hold-write.ts'), [file]);
    onTestFinished(() => void holder.kill('SIGKILL'));
    await once(holder, 'message');
    const db = await openWriter(file);
    expect(() => addJob(db, 'job_zzzzzz')).toThrow(
      expect.objectContaining({ code: 'project-locked' }) as Error,
    );
    db.close();
  });

  it('with the newest backup named where it is damaged', async () => {
    const file = await makeDatabase(40);
    const db = await openWriter(file);
    const backup = await backUp(db, backupFolder(file), 1234);
    db.close();
    writeFileSync(file, readFileSync(file).fill(0x55, 4096, 20_000));
    const error = await failure(file);
    expect(error.code).toBe('database-corrupt');
    expect(error.details).toMatchObject({ file, backup: backup.path, backupTime: 1234 });
  });

  it('because its wal belongs to another database', async () => {
    const other = await liveCopy(60);
    const file = await makeDatabase(25);
    writeFileSync(`${file}-wal`, other.wal);
    const outcome = await openWriter(file).then(
      (db) => {
        // Where it opens, it must be sound and one of the two, never a mixture.
        const state = { check: db.pragma('integrity_check'), jobs: listJobs(db).length };
        db.close();
        return state;
      },
      (error: unknown) => (error as AppError).code,
    );
    expect([
      'database-corrupt',
      { check: 'ok', jobs: 25 },
      { check: 'ok', jobs: 60 },
    ]).toContainEqual(outcome);
  });

  it('but not because its wal is missing or old', async () => {
    const { main, wal } = await liveCopy(5);
    const without = join(temporaryFolder(), 'assay.db');
    writeFileSync(without, main);
    (await openWriter(without)).close();
    const file = await makeDatabase(3);
    writeFileSync(`${file}-wal`, wal.subarray(0, 32));
    const db = await openWriter(file);
    expect(listJobs(db)).toHaveLength(3);
    db.close();
  });
});

// Permissions do not bind root, so these open the database as another user.
const canSwitchUser = process.getuid?.() === 0;
describe.skipIf(!canSwitchUser)(
  'a database without permission (needs root to switch users)',
  () => {
    const nobody = 65534;
    const openAsNobody = (file: string, mode = 'write') =>
      execFileSync(process.execPath, [script('open-database.ts'), file, mode], {
        uid: nobody,
        encoding: 'utf8',
      }).trim();

    /** A copy of a closed database in a folder that everyone may enter. */
    async function shared(folderMode: number, fileMode: number): Promise<string> {
      const file = join(temporaryFolder(), 'assay.db');
      copyFileSync(await makeDatabase(), file);
      chmodSync(file, fileMode);
      chmodSync(dirname(file), folderMode);
      return file;
    }

    it('can be opened where everything is allowed', async () => {
      expect(openAsNobody(await shared(0o777, 0o666))).toBe('ok');
    });

    it('in a folder that cannot be written', async () => {
      expect(['not-writable', 'not-readable']).toContain(openAsNobody(await shared(0o755, 0o666)));
    });

    it('that can be read but not written', async () => {
      expect(openAsNobody(await shared(0o777, 0o444))).toBe('not-writable');
    });

    it('that cannot be read', async () => {
      expect(openAsNobody(await shared(0o777, 0o000))).toBe('not-readable');
    });

    it('in a folder that cannot be entered', async () => {
      const file = await shared(0o700, 0o666);
      expect(openAsNobody(file)).toBe('not-readable');
      renameSync(file, `${file}.moved`);
    });
  },
);
