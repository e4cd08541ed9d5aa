import { randomUUID } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statfsSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { AppError, fileError } from '../../../../shared/errors.ts';
import { removeQuietly, writeFileAtomically } from '../../files.ts';
import { isAlive, ownIdentity, tryLock } from '../../file-lock.ts';
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
        users.forEach(removeQuietly);
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
  const busy = sumOf(others.filter(({ reserved }) => reserved > 0));
  if (busy + need > budget)
    throw new AppError(
      'not-allowed-now',
      `The activations of this job take ${gigabytes(need)}; other jobs use ${gigabytes(busy)} of the ${gigabytes(budget)} that activationCache.budget allows. Wait for them, or raise it.`,
      { place: 'activationCache.budget', needed: need, inUse: busy, budget },
    );
  const idle = others
    .filter(({ reserved }) => reserved === 0)
    .sort((a, b) => a.lastUsed - b.lastUsed);
  let rest = busy + need + sumOf(idle);
  for (const set of idle) {
    if (rest <= budget) break;
    removeActivationSet(folder, set.key);
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

/** A set as it lies on the disk. */
export interface StoredSet {
  readonly key: string;
  readonly bytes: number;
  /** What its users may let it come to; 0 for one that is not in use. */
  readonly reserved: number;
  /** Milliseconds since 1970. */
  readonly lastUsed: number;
}

function sumOf(sets: readonly StoredSet[]): number {
  return sets.reduce((sum, { bytes, reserved }) => sum + Math.max(bytes, reserved), 0);
}

/** The sets of a cache. What crashed jobs left of their use does not count. */
export function listActivationSets(folder: string): StoredSet[] {
  return namesIn(folder)
    .filter((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory())
    .map((key) => {
      const path = join(folder, key);
      const shards = namesIn(path).filter((name) => name.endsWith('.bin'));
      return {
        key,
        bytes: shards.reduce((sum, name) => sum + allocatedBytes(join(path, name)), 0),
        reserved: Math.max(
          0,
          ...namesIn(join(path, 'users')).map((name) => reservedBy(path, name)),
        ),
        lastUsed: statSync(join(path, 'set.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0,
      };
    });
}

/** Takes a set away; a reader that has it open goes on with what it has. */
export function removeActivationSet(folder: string, key: string): void {
  const trash = join(folder, `removed-${randomUUID()}`);
  try {
    renameSync(join(folder, key), trash);
  } catch (error) {
    throw fileError(error, join(folder, key), 'write');
  }
  removeQuietly(trash);
}

/** Says that this process uses a set; answers the file that says so. */
function register(folder: string, { key, about, shape, rows }: WantedSet): string {
  const path = join(folder, key);
  const description = join(path, 'set.json');
  const user = join(path, 'users', `${randomUUID()}.json`);
  try {
    mkdirSync(join(path, 'users'), { recursive: true });
    if (!namesIn(path).includes('set.json'))
      writeFileAtomically(description, JSON.stringify({ version: 1, ...about, ...shape }, null, 2));
    utimesSync(description, new Date(), new Date());
    const reserved = rows * slotBytes(shape);
    writeFileAtomically(user, JSON.stringify({ identity: ownIdentity(), reserved }));
  } catch (error) {
    throw fileError(error, path, 'write');
  }
  return user;
}

function reservedBy(path: string, name: string): number {
  try {
    const text = readFileSync(join(path, 'users', name), 'utf8');
    const { identity, reserved } = JSON.parse(text) as { identity: string; reserved: number };
    return isAlive(identity) ? reserved : 0;
  } catch {
    return 0;
  }
}

/** What a sparse file really takes. */
function allocatedBytes(path: string): number {
  const info = statSync(path, { throwIfNoEntry: false });
  if (!info) return 0;
  return process.platform === 'win32' ? info.size : info.blocks * 512;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function gigabytes(bytes: number): string {
  return bytes < 1e8 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
