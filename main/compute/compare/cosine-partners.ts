import type { Engine, Tensor } from '../engine.ts';
import { rowsAt } from './rows-at.ts';
import type { ActivityClasses } from './activity-classes.ts';
import { type BestPartners, PartnerSearch } from './best-partners.ts';

export interface BothWays {
  readonly aToB: BestPartners;
  readonly bToA: BestPartners;
}

export interface SearchControl {
  /** Called after each block of products, with the products made so far and all that there are. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Awaited between blocks: the place to yield and to stop by throwing. */
  readonly pause?: () => Promise<void>;
}

/** Products that exist at a time: n by n never does. */
const blockEntries = 1 << 23;

/**
 * Best cosines between the rows of two matrices, in both directions from one product of them: the
 * largest over a row is not the largest over a column.
 * @param a [nA, d] and b [nB, d] with rows of unit length (or 0)
 */
export async function cosinePartners(
  engine: Engine,
  a: Tensor,
  b: Tensor,
  classes: { readonly a: ActivityClasses; readonly b: ActivityClasses },
  { onProgress, pause }: SearchControl = {},
): Promise<BothWays> {
  const fromA = new PartnerSearch(a.shape[0]!);
  const fromB = new PartnerSearch(b.shape[0]!);
  const total = a.shape[0]! * b.shape[0]!;
  let done = 0;
  for (const [levelB, columns] of classes.b.members.entries()) {
    if (columns.length === 0) continue;
    const side = rowsAt(engine, b, columns);
    try {
      for (const [levelA, rows] of classes.a.members.entries())
        for (const part of blocks(rows, columns.length)) {
          const block = rowsAt(engine, a, part);
          const best = bestOfBlock(engine, block, side);
          engine.dispose(block);
          part.forEach((row, i) =>
            fromA.offer(levelB, row, columns[best.rowIndex[i]!]!, best.rowValue[i]!),
          );
          columns.forEach((column, j) =>
            fromB.offer(levelA, column, part[best.columnIndex[j]!]!, best.columnValue[j]!),
          );
          done += part.length * columns.length;
          onProgress?.(done, total);
          await pause?.();
        }
    } finally {
      engine.dispose(side);
    }
  }
  return {
    aToB: fromA.finish(classes.a, classes.b),
    bToA: fromB.finish(classes.b, classes.a),
  };
}

function* blocks(rows: Int32Array, columns: number): Generator<Int32Array> {
  const size = Math.max(1, Math.floor(blockEntries / columns));
  for (let start = 0; start < rows.length; start += size)
    yield rows.subarray(start, Math.min(rows.length, start + size));
}

function bestOfBlock(engine: Engine, a: Tensor, b: Tensor) {
  const products = engine.matmul(a, b, { transB: true });
  const rows = engine.topK(products, 1);
  const columns = engine.largestInColumns(products);
  const best = {
    rowValue: engine.read(rows.values),
    rowIndex: engine.readInts(rows.indices),
    columnValue: engine.read(columns.values),
    columnIndex: engine.readInts(columns.indices),
  };
  engine.dispose(products, rows.values, rows.indices, columns.values, columns.indices);
  return best;
}
