import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { backUp, listBackups } from '../../main/db/backup.ts';
import type { Writer } from '../../main/db/connection.ts';
import { importResult } from '../../main/db/import.ts';
import { insertJob } from '../../main/db/jobs.ts';
import { readMigrations } from '../../main/db/migrate.ts';
import { backupFolder, openWriter } from '../../main/db/open.ts';
import { ensureProject, setProjectNotes } from '../../main/db/project.ts';
import { importJobFolder } from '../../main/host/import-results.ts';
import { insertRunsOfJob } from '../../main/host/job-store.ts';
import { databaseFile } from '../../main/host/paths.ts';
import { jobFolder } from '../../main/jobs/job-folder.ts';
import { AppError } from '../../shared/errors.ts';
import { injectFault, type Fault } from '../support/file-faults.ts';
import { temporaryFolder } from '../support/folders.ts';
import { startManager } from '../support/jobs.ts';
import { addJob, importedResult, newDatabase, trainSpec } from '../support/records.ts';

/**
 * Test plan A4 for imports, backups and migrations; checkpoints and reports have theirs in
 * checkpoints.test.ts and write-file.test.ts. What the database engine writes itself is made to fail
 * by a limit on its pages, which it reports as it reports a full disk.
 */
const faults: Fault[] = ['ENOSPC', 'EIO', 'EACCES'];

/**
 * Fails the first file operation of `work`, then the second, and so on, each time on something new,
 * until there are no more. Answers how many there were.
 */
async function failEach<T>(
  fault: Fault,
  prepare: () => Promise<T>,
  work: (on: T) => Promise<void>,
  check: (on: T, error: unknown) => Promise<void> | void,
): Promise<number> {
  for (let at = 1; ; at++) {
    const on = await prepare();
    const injected = injectFault(fault, at);
    let error: unknown;
    try {
      await work(on);
    } catch (caught) {
      error = caught;
    } finally {
      injected.restore();
    }
    if (error !== undefined) expect(error).toBeInstanceOf(AppError);
    await check(on, error);
    if (!injected.happened) return at - 1;
  }
}

describe('a backup while file operations fail', () => {
  it.each(faults)(
    'of %s leaves the older one, nothing half-made, and the next one works',
    async (fault) => {
      const db = await newDatabase();
      const prepare = async () => {
        const folder = join(temporaryFolder(), 'backups');
        mkdirSync(folder);
        await db.copyTo(join(folder, 'assay-0000000000001.db'));
        return folder;
      };
      const count = await failEach(
        fault,
        prepare,
        async (folder) => void (await backUp(db, folder, 2)),
        async (folder, error) => {
          const times = () => listBackups(folder).map(({ time }) => time);
          // The new one may be there under its name where only the flush of the folder failed.
          expect(error === undefined ? [[1, 2]] : [[1], [1, 2]]).toContainEqual(times());
          await backUp(db, folder, 3);
          expect(times()).toEqual(expect.arrayContaining([1, 3]));
          expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
        },
      );
      expect(count).toBeGreaterThan(5);
      db.close();
    },
  );
});

const tables = ['dictionaries', 'features', 'metrics', 'points', 'artifacts'];
const rowsIn = (db: Writer) =>
  tables.map((table) => db.get<{ n: number }>(`SELECT count(*) n FROM ${table}`)!.n);

describe('an import', () => {
  const spec = trainSpec({ seeds: [0, 1] });
  let job: string;
  let runs: { id: string; seed: number }[];
  let finished: string;

  beforeAll(async () => {
    const { manager, until, project, db } = await startManager();
    ({ id: job } = manager.submit(spec));
    await until(job, 'succeeded');
    runs = db.all('SELECT id, seed FROM runs ORDER BY position');
    finished = jobFolder(project, job);
    await manager.close();
  });

  it.each(faults)(
    'while reading fails with %s leaves nothing, and the next brings all',
    async (fault) => {
      const prepare = async () => {
        const folder = temporaryFolder();
        cpSync(finished, jobFolder(folder, job), { recursive: true });
        const db = await openWriter(databaseFile(folder));
        insertJob(db, { id: job, spec, state: 'finishing', createdAt: 1, attempt: 1 });
        insertRunsOfJob(db, { job, spec, createdAt: 1 }, runs);
        return { folder, db, empty: rowsIn(db) };
      };
      const count = await failEach(
        fault,
        prepare,
        ({ db, folder }) => importJobFolder(db, folder, job),
        async ({ db, folder, empty }, error) => {
          if (error !== undefined) {
            expect((error as AppError).details.file).toContain(job);
            expect(rowsIn(db)).toEqual(empty);
            await importJobFolder(db, folder, job);
          }
          expect(rowsIn(db).slice(0, 2)).toEqual([2, 48]);
          db.close();
        },
      );
      expect(count).toBeGreaterThan(5);
    },
  );

  it('into a full disk leaves nothing, says so, and succeeds with more room', async () => {
    const db = await newDatabase();
    const result = importedResult('job_000001', addJob(db, 'job_000001', [0, 1]), {
      features: 3000,
    });
    const empty = rowsIn(db);
    const pages = db.pragma('page_count') as number;
    let refusals = 0;
    for (let room = 0; ; room += 8) {
      db.pragma(`max_page_count = ${pages + room}`);
      try {
        importResult(db, result);
        break;
      } catch (error) {
        refusals++;
        expect(error).toMatchObject({ code: 'disk-full', details: { file: db.file } });
        expect(rowsIn(db)).toEqual(empty);
      }
    }
    expect(refusals).toBeGreaterThan(5);
    expect(rowsIn(db).slice(0, 2)).toEqual([2, 6000]);
    expect(db.pragma('integrity_check')).toBe('ok');
    db.close();
  });
});

describe('a migration', () => {
  const first = readMigrations().slice(0, 1);
  const sql = `
    CREATE TABLE more (id INTEGER PRIMARY KEY, text TEXT) STRICT;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
      INSERT INTO more SELECT i, printf('%.*c', 2000, 'x') FROM n;
    UPDATE project SET notes = notes || ' on';`;
  const second = { version: 2, name: '002-more.sql', sql };
  const both = [...first, second];
  const before = { version: 1, notes: 'kept' };
  const after = { version: 2, notes: 'kept on' };

  async function oldDatabase(): Promise<string> {
    const file = join(temporaryFolder(), '.assay', 'assay.db');
    const db = await openWriter(file, { migrations: first });
    ensureProject(db, 1);
    setProjectNotes(db, 'kept');
    db.close();
    return file;
  }

  const open = (file: string, migrations: typeof both) =>
    openWriter(file, { migrations, now: () => 5 });

  async function stateOf(file: string): Promise<unknown> {
    const db = await open(file, first).catch(() => open(file, both));
    try {
      const version = db.pragma('user_version');
      return { version, ...db.get<{ notes: string }>('SELECT notes FROM project') };
    } finally {
      db.close();
    }
  }

  it.each(faults)(
    'while file operations fail with %s leaves the old version, and the next works',
    async (fault) => {
      const count = await failEach(
        fault,
        oldDatabase,
        async (file) => (await open(file, both)).close(),
        async (file, error) => {
          expect(await stateOf(file)).toEqual(error === undefined ? after : before);
          (await open(file, both)).close();
          expect(await stateOf(file)).toEqual(after);
          expect(listBackups(backupFolder(file)).length).toBeGreaterThan(0);
        },
      );
      expect(count).toBeGreaterThan(5);
    },
  );

  it('on a full disk leaves the old version, says so, and succeeds with more room', async () => {
    const file = await oldDatabase();
    const cramped = { ...second, sql: `PRAGMA max_page_count = 60; ${sql}` };
    await expect(open(file, [...first, cramped])).rejects.toMatchObject({ code: 'disk-full' });
    expect(await stateOf(file)).toEqual(before);
    (await open(file, both)).close();
    expect(await stateOf(file)).toEqual(after);
  });
});
