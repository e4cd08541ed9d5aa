import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { fileError } from '../../shared/errors.ts';
import { bytesInUse, namesIn } from './cache-use.ts';
import { removeQuietly } from './files.ts';

/** Something in a cache that can be removed as a whole. */
export interface CacheEntry {
  /** Name in the cache's folder. */
  readonly key: string;
  /** What it takes on the disk. */
  readonly bytes: number;
  /** What its users may let it come to; undefined for one that is not in use. */
  readonly reserved: number | undefined;
  /** Milliseconds since 1970. */
  readonly lastUsed: number;
}

/** The sets of kept activations. What crashed jobs left of their use does not count. */
export function listActivationSets(folder: string): CacheEntry[] {
  return namesIn(folder)
    .filter((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory())
    .map((key) => {
      const path = join(folder, key);
      const shards = namesIn(path).filter((name) => name.endsWith('.bin'));
      return {
        key,
        bytes: shards.reduce((sum, name) => sum + allocatedBytes(join(path, name)), 0),
        reserved: bytesInUse(join(path, 'users')),
        lastUsed: statSync(join(path, 'set.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0,
      };
    });
}

/** The files of prepared tokens, whole or not. */
export function listPreparedTokens(folder: string): CacheEntry[] {
  return namesIn(folder)
    .filter((name) => /\.(safetensors|partial)$/.test(name))
    .map((key) => {
      const path = join(folder, key);
      const whole = path.replace(/\.partial$/, '');
      return {
        key,
        bytes: allocatedBytes(path),
        reserved: bytesInUse(`${whole}.users`),
        lastUsed: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0,
      };
    });
}

/** Takes an entry away at once; a reader that has it open goes on with what it has. */
export function removeCacheEntry(folder: string, key: string): void {
  const trash = join(folder, `removed-${randomUUID()}`);
  try {
    renameSync(join(folder, key), trash);
  } catch (error) {
    throw fileError(error, join(folder, key), 'write');
  }
  removeQuietly(trash);
}

const setSchema = v.object({
  hook: v.string(),
  modelPath: v.string(),
  dtype: v.string(),
  file: v.string(),
});

/** What a set says of itself in a few words, or nothing where it cannot be read. */
export function describeActivationSet(folder: string, key: string): string {
  try {
    const document: unknown = JSON.parse(readFileSync(join(folder, key, 'set.json'), 'utf8'));
    const { hook, modelPath, dtype, file } = v.parse(setSchema, document);
    return `${modelPath} ${hook} on ${file}, ${dtype}`;
  } catch {
    return '';
  }
}

/** What a file, which may have gaps, takes on the disk. */
function allocatedBytes(path: string): number {
  const info = statSync(path, { throwIfNoEntry: false });
  if (!info) return 0;
  return process.platform === 'win32' ? info.size : info.blocks * 512;
}
