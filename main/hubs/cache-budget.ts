import { readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

/** What the contents of a project's downloads may take of the disk. */
export const downloadBudget = 32 * 2 ** 30;

/** A download that has begun and that nobody went on with for so long is given up. */
const longestBegun = 30 * 24 * 3_600_000;

/** Notes that a content was used now: its time of access says so, whether the system keeps it or not. */
export function markUsed(path: string, now: Date): void {
  try {
    utimesSync(path, now, statSync(path).mtime);
  } catch {
    // Another's file, or one that is read only: it counts as used when it came.
  }
}

/**
 * Removes the contents that were not used for longest until the others fit the budget, and downloads that
 * began a month ago. A content that lies elsewhere as well, as a link, takes no room of its own and
 * stays. What cannot be removed now is left for the next time.
 * @param folder of a HubCache
 * @returns bytes that were freed
 */
export function keepBudget(folder: string, budget: number, now: number): number {
  const blobs = filesIn(join(folder, 'blobs')).filter(({ links }) => links === 1);
  const old = filesIn(join(folder, 'partial')).filter(
    ({ changed }) => now - changed > longestBegun,
  );
  let taken = blobs.reduce((sum, { bytes }) => sum + bytes, 0);
  let freed = 0;
  const remove = ({ path, bytes }: CachedFile): void => {
    try {
      rmSync(path);
      freed += bytes;
    } catch {
      // In use by another program.
    }
  };
  for (const file of old) remove(file);
  for (const blob of blobs.sort((a, b) => a.used - b.used)) {
    if (taken <= budget) break;
    remove(blob);
    taken -= blob.bytes;
  }
  return freed;
}

interface CachedFile {
  readonly path: string;
  readonly bytes: number;
  readonly links: number;
  /** Milliseconds since 1970. */
  readonly used: number;
  readonly changed: number;
}

function filesIn(folder: string): CachedFile[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const path = join(folder, name);
    const info = statSync(path, { throwIfNoEntry: false });
    if (!info?.isFile()) return [];
    const { size: bytes, nlink: links, atimeMs: used, mtimeMs: changed } = info;
    return [{ path, bytes, links, used, changed }];
  });
}
