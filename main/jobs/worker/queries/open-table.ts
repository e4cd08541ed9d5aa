import { statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Table } from '../../../../shared/domain/table.ts';
import { AppError, fileError } from '../../../../shared/errors.ts';
import { readTable, type ReadOptions } from '../../../formats/table.ts';

/** Cells that stay in memory between queries, so that paging and fitting need not read again. */
const cachedCells = 50_000_000;

interface Cached {
  readonly key: string;
  readonly table: Table;
}

/** Most recently used last. */
const cache: Cached[] = [];

/**
 * A table of a project, from memory where the file has not changed since.
 * @param name path relative to the project folder; messages call the table by it
 * @throws AppError `bad-input` for a path that leads out of the project, and what readTable says
 */
export async function openTable(
  projectPath: string,
  name: string,
  signal: AbortSignal,
  onProgress?: ReadOptions['onProgress'],
): Promise<Table> {
  const path = resolve(projectPath, name);
  const inside = relative(resolve(projectPath), path);
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside))
    throw new AppError('bad-input', `${name} does not lie in the project folder.`, { file: name });
  const key = `${path}\n${fingerprint(path, name)}`;
  const known = cache.findIndex((item) => item.key === key);
  if (known >= 0) {
    const [item] = cache.splice(known, 1);
    cache.push(item!);
    return item!.table;
  }
  const table = await readTable(path, { signal, source: name, onProgress });
  // A table that changed while it was read is used, but not kept.
  if (key === `${path}\n${fingerprint(path, name)}`) remember({ key, table });
  return table;
}

function fingerprint(path: string, name: string): string {
  try {
    const { size, mtimeMs, ino } = statSync(path);
    return `${size} ${mtimeMs} ${ino}`;
  } catch (error) {
    throw fileError(error, name);
  }
}

function remember(item: Cached): void {
  cache.push(item);
  const cells = ({ table }: Cached): number => table.rows * table.columns.length;
  let total = cache.reduce((sum, entry) => sum + cells(entry), 0);
  while (total > cachedCells && cache.length > 0) total -= cells(cache.shift()!);
}
