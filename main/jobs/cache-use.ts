import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileError } from '../../shared/errors.ts';
import { removeQuietly, writeFileAtomically } from './files.ts';
import { isAlive, ownIdentity } from './file-lock.ts';

/**
 * Says that this process uses something of a cache, by a file in `folder`, until it lets go or ends.
 * @param bytes that it may come to
 * @returns how to let go
 */
export function registerUse(folder: string, bytes: number): () => void {
  const path = join(folder, `${randomUUID()}.json`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileAtomically(path, JSON.stringify({ identity: ownIdentity(), bytes }));
  } catch (error) {
    throw fileError(error, folder, 'write');
  }
  return () => removeQuietly(path);
}

/** The most that a process which still runs said; undefined where nobody uses it. */
export function bytesInUse(folder: string): number | undefined {
  const bytes = namesIn(folder).flatMap((name) => usedBy(join(folder, name)));
  return bytes.length === 0 ? undefined : Math.max(...bytes);
}

function usedBy(path: string): number[] {
  try {
    const use = JSON.parse(readFileSync(path, 'utf8')) as { identity: string; bytes: number };
    return isAlive(use.identity) ? [use.bytes] : [];
  } catch {
    return [];
  }
}

/** Names in a folder; none where it cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
