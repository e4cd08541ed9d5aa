import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import * as v from 'valibot';
import { AppError, fileError } from '../../shared/errors.ts';
import { databaseError } from './errors.ts';

/** Who has a project open, for the message that others get. */
const holderSchema = v.object({
  pid: v.number(),
  host: v.string(),
  /** Milliseconds since 1970. */
  since: v.number(),
});
type LockHolder = v.InferOutput<typeof holderSchema>;

export interface ProjectLock {
  release(): void;
}

/** Connections that hold locks: one that was garbage-collected would be closed, and its lock lost. */
const held = new Set<BetterSqlite.Database>();

/**
 * Takes a project for this process. The operating system holds the lock, through an exclusive lock
 * on `.assay/lock.db`, so it ends with the process whatever ends that: no pid is guessed at, none
 * can be mistaken for another. `lock.json` beside it says who holds it. Locks do not reach other
 * computers on every network drive, so a `lock.json` of another computer is believed.
 * @throws AppError `project-locked` naming process and computer.
 */
export function lockProject(folder: string, now: number): ProjectLock {
  const path = join(folder, 'lock.db');
  const info = join(folder, 'lock.json');
  const us: LockHolder = { pid: process.pid, host: hostname(), since: now };
  const holder = readHolder(info);
  if (holder && holder.host !== us.host) throw locked(folder, holder, info);
  const connection = takeLock(folder, path, holder);
  held.add(connection);
  const letGo = () => {
    held.delete(connection);
    connection.close();
  };
  try {
    writeFileSync(info, JSON.stringify(us));
  } catch (error) {
    letGo();
    throw fileError(error, info, 'write');
  }
  return {
    release() {
      rmSync(info, { force: true });
      letGo();
    },
  };
}

function takeLock(
  folder: string,
  path: string,
  holder: LockHolder | undefined,
): BetterSqlite.Database {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw fileError(error, folder, 'write');
  }
  let connection: BetterSqlite.Database | undefined;
  try {
    connection = new BetterSqlite(path, { timeout: 200 });
    connection.exec('BEGIN EXCLUSIVE');
    return connection;
  } catch (error) {
    connection?.close();
    const code = (error as { code?: unknown }).code;
    if (code === 'SQLITE_BUSY') throw locked(folder, holder, undefined);
    throw databaseError(error, path);
  }
}

function readHolder(info: string): LockHolder | undefined {
  try {
    const result = v.safeParse(holderSchema, JSON.parse(readFileSync(info, 'utf8')));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

function locked(folder: string, holder: LockHolder | undefined, remove: string | undefined) {
  const who = holder
    ? `process ${holder.pid} on ${holder.host} since ${new Date(holder.since).toISOString()}`
    : 'another process';
  const elsewhere = remove ? ` If Assay no longer runs on that computer, delete ${remove}.` : '';
  return new AppError(
    'project-locked',
    `This project is open already, in ${who}. Close it there first.${elsewhere}`,
    { file: folder, ...holder },
  );
}
