import { blockRows } from '../linalg/streamed-qr.ts';
import type { Steps } from '../steps.ts';
import type { Design } from './design.ts';
import { multiply } from './factorise.ts';

/**
 * The rows of Q in X = Q R, in blocks, where X are the kept columns of a design, scaled and multiplied
 * by `roots`. `visit` gets a column-major block [count, k] whose squares sum to the leverages.
 */
export function* forOrthogonalRows(
  design: Design,
  kept: readonly number[],
  scales: Float64Array,
  roots: Float64Array | undefined,
  r: Float64Array,
  visit: (block: Float64Array, start: number, count: number) => void,
): Steps<void> {
  const k = kept.length;
  const size = Math.min(design.rows, blockRows(k));
  const buffer = new Float64Array(size * k);
  for (let start = 0; start < design.rows; start += size) {
    const count = Math.min(size, design.rows - start);
    for (let j = 0; j < k; j++) {
      design.fill(kept[j]!, start, count, buffer, j * count);
      multiply(buffer, j * count, count, scales[kept[j]!]!);
      if (roots) for (let i = 0; i < count; i++) buffer[j * count + i]! *= roots[start + i]!;
      for (let m = 0; m < j; m++) {
        const entry = r[j * k + m]!;
        if (entry !== 0)
          for (let i = 0; i < count; i++) buffer[j * count + i]! -= entry * buffer[m * count + i]!;
      }
      multiply(buffer, j * count, count, 1 / r[j * k + j]!);
    }
    visit(buffer, start, count);
    yield { phase: 'looking at rows', done: start + count, total: design.rows };
  }
}

/** Sums of squares of the rows of a block: leverages. */
export function leveragesOf(block: Float64Array, count: number): Float64Array {
  const leverages = new Float64Array(count);
  for (let at = 0; at < block.length && at + count <= block.length; at += count)
    for (let i = 0; i < count; i++) leverages[i]! += block[at + i]! ** 2;
  return leverages;
}
