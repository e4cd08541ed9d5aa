import { closeSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { fileError } from '../../shared/errors.ts';
import { removeQuietly } from './files.ts';
import { isSameProcess, processStart } from './process-identity.ts';

/**
 * Takes a lock that only one process holds: a file that names it by pid and start. One whose process is
 * gone gives way.
 * @returns how to release it; undefined where another process holds it
 * @throws AppError what the file system says.
 */
export function tryLock(path: string): (() => void) | undefined {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const fd = openSync(path, 'wx');
      writeSync(fd, ownIdentity());
      closeSync(fd);
      return () => removeQuietly(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError(error, path, 'write');
    }
    const holder = readQuietly(path);
    if (holder === undefined || isAlive(holder) || !setAside(path, holder)) return undefined;
  }
  return undefined;
}

/** What tells this process from any other: its pid and its start. */
export function ownIdentity(): string {
  return JSON.stringify({ pid: process.pid, started: processStart(process.pid) ?? null });
}

/** Whether the process of an identity still runs. One that cannot be read is taken to be starting. */
export function isAlive(identity: string): boolean {
  try {
    const { pid, started } = JSON.parse(identity) as { pid: number; started: string | null };
    return isSameProcess(pid, started);
  } catch {
    return true;
  }
}

/** Removes the lock of a process that is gone, and no other that has taken its place since. */
function setAside(path: string, holder: string): boolean {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (readQuietly(aside) !== holder) {
      renameSync(aside, path);
      return false;
    }
  } catch {
    return false;
  }
  removeQuietly(aside);
  return true;
}

function readQuietly(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
