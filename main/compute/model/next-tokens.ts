import type { TokenBatch } from './transformer.ts';

/** The next token at each position; -1, no target, at the end of each sequence. */
export function nextTokens({ ids, length }: TokenBatch): Int32Array {
  return Int32Array.from(ids, (_, row) => (row % length === length - 1 ? -1 : ids[row + 1]!));
}
