import { dirname } from 'node:path';
import { AppError } from '../../shared/errors.ts';
import { RecentlyOpen } from './recently-open.ts';
import type { TokenFile } from './token-file.ts';

/**
 * Several files of token rows as one, in the order given. Each is opened once to be checked.
 * @throws AppError `shape-mismatch` for a file whose rows have another length, and what opening throws.
 */
export function joinTokenFiles(
  paths: readonly string[],
  open: (path: string) => TokenFile,
): TokenFile {
  const starts: number[] = [];
  let rows = 0;
  let context = 0;
  for (const path of paths) {
    const file = open(path);
    file.close();
    context ||= file.context;
    if (file.context !== context)
      throw new AppError(
        'shape-mismatch',
        `${path} has rows of ${file.context} tokens, and ${paths[0]} rows of ${context}. Put files of one length into a folder.`,
        { file: path },
      );
    starts.push(rows);
    rows += file.rows;
  }
  const files = new RecentlyOpen(
    (index) => open(paths[index]!),
    (file) => file.close(),
  );
  return {
    path: dirname(paths[0]!),
    rows,
    context,
    read(chosen) {
      const out = new Int32Array(chosen.length * context);
      for (let i = 0; i < chosen.length; i++) {
        const index = lastAtMost(starts, chosen[i]!);
        out.set(files.get(index).read([chosen[i]! - starts[index]!]), i * context);
      }
      return out;
    },
    close: () => files.closeAll(),
  };
}

/** Index of the last start that is not beyond `row`. */
function lastAtMost(starts: readonly number[], row: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= row) low = middle;
    else high = middle;
  }
  return low;
}
