import { mkdirSync, statfsSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { AppError, fileError } from '../../../../shared/errors.ts';
import { listActivationSets, removeCacheEntry, type CacheEntry } from '../../cache-content.ts';
import { namesIn, registerUse } from '../../cache-use.ts';
import { writeFileAtomically } from '../../files.ts';
import { tryLock } from '../../file-lock.ts';
import { ActivationSet, slotBytes, type SetShape } from './activation-set.ts';

/**
 * The sets of activations of a project: `<key>/set.json` says what a set holds, `<key>/users/` who uses
 * it and how many bytes it may come to. Only under the folder's lock are sets made and removed.
 */

export interface WantedSet {
  /** Equal keys mean equal values. */
  readonly key: string;
  /** For people: model, hook point and so on. */
  readonly about: Readonly<Record<string, unknown>>;
  readonly shape: SetShape;
  /** Rows that the job will keep. */
  readonly rows: number;
}

/** Room that is left to everything else on the disk. */
const spareBytes = 512e6;
const lockMilliseconds = 50;

/**
 * Opens sets of activations, making room for them: those that are not in use go, the one that was not
 * used for longest first, until all fit the budget.
 * @returns the sets, in order, and how to let go of them
 * @throws AppError `too-large` where they exceed the budget, `not-allowed-now` where other jobs use what
 *   is left of it, `disk-full` where the disk has no room for them; each with the numbers.
 */
export async function openActivationSets(
  folder: string,
  wanted: readonly WantedSet[],
  budget: number,
): Promise<{ sets: ActivationSet[]; close: () => void }> {
  const need = wanted.reduce((sum, { shape, rows }) => sum + rows * slotBytes(shape), 0);
  if (need > budget)
    throw new AppError(
      'too-large',
      `The activations of this job take ${gigabytes(need)}, and activationCache.budget is ${gigabytes(budget)}. Raise it, take float16, or train on fewer sequences.`,
      { place: 'activationCache.budget', needed: need, budget },
    );
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw fileError(error, folder, 'write');
  }
  const release = await lock(folder);
  try {
    makeRoom(folder, wanted, need, budget);
    const users = wanted.map((set) => register(folder, set));
    const sets = wanted.map(({ key, shape }) => new ActivationSet(join(folder, key), shape));
    return {
      sets,
      close() {
        for (const set of sets) set.close();
        for (const release of users) release();
      },
    };
  } finally {
    release();
  }
}

async function lock(folder: string): Promise<() => void> {
  for (;;) {
    const release = tryLock(join(folder, 'lock'));
    if (release) return release;
    await setTimeout(lockMilliseconds);
  }
}

function makeRoom(
  folder: string,
  wanted: readonly WantedSet[],
  need: number,
  budget: number,
): void {
  const keys = new Set(wanted.map(({ key }) => key));
  const all = listActivationSets(folder);
  const others = all.filter(({ key }) => !keys.has(key));
  const busy = sumOf(others.filter(({ reserved }) => reserved !== undefined));
  if (busy + need > budget)
    throw new AppError(
      'not-allowed-now',
      `The activations of this job take ${gigabytes(need)}; other jobs use ${gigabytes(busy)} of the ${gigabytes(budget)} that activationCache.budget allows. Wait for them, or raise it.`,
      { place: 'activationCache.budget', needed: need, inUse: busy, budget },
    );
  const idle = others
    .filter(({ reserved }) => reserved === undefined)
    .sort((a, b) => a.lastUsed - b.lastUsed);
  let rest = busy + need + sumOf(idle);
  for (const set of idle) {
    if (rest <= budget) break;
    removeCacheEntry(folder, set.key);
    rest -= set.bytes;
  }
  const there = all.filter(({ key }) => keys.has(key)).reduce((sum, { bytes }) => sum + bytes, 0);
  const missing = Math.max(0, need - there);
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (missing + spareBytes <= free) return;
  throw new AppError(
    'disk-full',
    `The activations of this job take ${gigabytes(missing)} more, and the disk of ${folder} has ${gigabytes(free)} free, of which ${gigabytes(spareBytes)} are left alone. Make room, or take float16.`,
    { file: folder, needed: missing, available: free },
  );
}

function sumOf(sets: readonly CacheEntry[]): number {
  return sets.reduce((sum, { bytes, reserved }) => sum + Math.max(bytes, reserved ?? 0), 0);
}

/** Makes a set where it is not there, and says that this process uses it. Answers how to let go. */
function register(folder: string, { key, about, shape, rows }: WantedSet): () => void {
  const path = join(folder, key);
  const description = join(path, 'set.json');
  const release = registerUse(join(path, 'users'), rows * slotBytes(shape));
  try {
    if (!namesIn(path).includes('set.json'))
      writeFileAtomically(description, JSON.stringify({ version: 1, ...about, ...shape }, null, 2));
    utimesSync(description, new Date(), new Date());
  } catch (error) {
    release();
    throw fileError(error, path, 'write');
  }
  return release;
}

function gigabytes(bytes: number): string {
  return bytes < 1e8 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
