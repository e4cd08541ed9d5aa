import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { AppError, fileError } from '../../shared/errors.ts';
import type { Writer } from './connection.ts';
import { versionOf } from './migrate.ts';

/** Backups beside the database, newest last. Their names sort by time. */
export interface Backup {
  readonly path: string;
  readonly time: number;
}

const keep = 3;
const namePattern = /^assay-(\d{13})\.db$/;

export function listBackups(folder: string): Backup[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .flatMap((name) => {
      const time = namePattern.exec(name)?.[1];
      return time === undefined ? [] : [{ path: join(folder, name), time: Number(time) }];
    })
    .sort((a, b) => a.time - b.time);
}

/**
 * Copies the database into `folder`, checks the copy, and only then gives it its name and forgets
 * all but the newest few. While it runs the database stays in use.
 * @throws AppError where the copy could not be made or is not sound; nothing is left of it then.
 */
export async function backUp(db: Writer, folder: string, now: number): Promise<Backup> {
  const path = join(folder, `assay-${String(now).padStart(13, '0')}.db`);
  const unfinished = `${path}.tmp`;
  try {
    mkdirSync(folder, { recursive: true });
    rmSync(unfinished, { force: true });
    await db.copyTo(unfinished);
    checkCopy(unfinished, versionOf(db));
    flush(unfinished);
    renameSync(unfinished, path);
    flush(folder);
  } catch (error) {
    removeQuietly(unfinished);
    throw fileError(error, unfinished, 'write');
  }
  for (const old of listBackups(folder).slice(0, -keep)) removeQuietly(old.path);
  return { path, time: now };
}

function checkCopy(path: string, version: number): void {
  const copy = new BetterSqlite(path);
  try {
    // A backup is one file: without this it would ask for a wal and shm of its own.
    copy.pragma('journal_mode = DELETE');
    const sound = copy.pragma('quick_check', { simple: true }) === 'ok';
    if (sound && copy.pragma('user_version', { simple: true }) === version) return;
  } finally {
    copy.close();
  }
  throw new AppError(
    'database-corrupt',
    `The backup ${path} did not come out sound and was thrown away. Check the disk.`,
    { file: path },
  );
}

function flush(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The error that led here is the one to report. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Left behind: it has no backup's name, or will be removed next time.
  }
}
