import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backUp, listBackups } from '../../../../main/db/backup.ts';
import { setProjectNotes, ensureProject, getProject } from '../../../../main/db/project.ts';
import { openReader } from '../../../../main/db/open.ts';
import { temporaryFolder } from '../../../support/folders.ts';
import { newDatabase } from '../../../support/records.ts';

describe('a backup', () => {
  it('is a database of its own that can be read', async () => {
    const db = await newDatabase();
    ensureProject(db, 1);
    setProjectNotes(db, 'before');
    const { path } = await backUp(db, temporaryFolder(), 1);
    setProjectNotes(db, 'after');
    expect(existsSync(`${path}-wal`)).toBe(false);
    const copy = openReader(path);
    expect(getProject(copy)!.notes).toBe('before');
    copy.close();
  });

  it('is one moment of a database that is being written', async () => {
    const db = await newDatabase();
    db.execute('CREATE TABLE pairs (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER) STRICT');
    db.execute('CREATE TABLE bulk (body TEXT) STRICT');
    for (let i = 0; i < 200; i++) db.run('INSERT INTO bulk VALUES (?)', ['x'.repeat(10_000)]);
    let writing = true;
    let n = 0;
    const writer = (async () => {
      while (writing) {
        db.transaction(() => {
          db.run('INSERT INTO pairs (a, b) VALUES (?, ?)', [n, 0]);
          db.run('UPDATE pairs SET b = a WHERE b != a');
        });
        n++;
        if (n % 5 === 0) await new Promise((done) => setImmediate(done));
      }
    })();
    const found: unknown[] = [];
    for (let k = 1; k <= 5; k++) {
      const { path } = await backUp(db, temporaryFolder(), k);
      const copy = openReader(path);
      const { n: torn } = copy.get<{ n: number }>('SELECT count(*) AS n FROM pairs WHERE a != b')!;
      found.push({ torn, integrity: copy.pragma('integrity_check') });
      copy.close();
    }
    writing = false;
    await writer;
    expect(found).toEqual(Array.from({ length: 5 }, () => ({ torn: 0, integrity: 'ok' })));
    expect(n).toBeGreaterThan(20);
  });

  it('takes the place of the oldest beyond the newest three', async () => {
    const db = await newDatabase();
    const folder = temporaryFolder();
    for (const time of [5, 40, 300, 2000]) await backUp(db, folder, time);
    expect(listBackups(folder).map(({ time }) => time)).toEqual([40, 300, 2000]);
  });

  it('that cannot be made leaves nothing behind and the older ones alone', async () => {
    const db = await newDatabase();
    const folder = temporaryFolder();
    await backUp(db, folder, 1);
    // Its name is taken by a folder that is not empty.
    mkdirSync(join(folder, 'assay-0000000000002.db/inside'), { recursive: true });
    await expect(backUp(db, folder, 2)).rejects.toThrow();
    rmSync(join(folder, 'assay-0000000000002.db'), { recursive: true });
    expect(readdirSync(folder)).toEqual(['assay-0000000000001.db']);
  });
});
