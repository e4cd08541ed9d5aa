import type { Correlation } from '../../../../shared/contract/statistics.ts';

type Matrix = Pick<Correlation, 'columns' | 'values'>;

/** The same matrix with rows and columns in another order, given by their present positions. */
export function inOrder({ columns, values }: Matrix, order: readonly number[]): Matrix {
  const n = columns.length;
  return {
    columns: order.map((at) => columns[at]!),
    values: order.flatMap((row) => order.map((column) => values[row * n + column] ?? null)),
  };
}

/** Pairs of different columns by falling |r|, those without a value left out. */
export function strongestPairs(
  { columns, values }: Matrix,
  most: number,
): { a: string; b: string; r: number }[] {
  const n = columns.length;
  return columns
    .flatMap((a, row) =>
      columns.slice(row + 1).flatMap((b, after) => {
        const r = values[row * n + row + 1 + after] ?? null;
        return r === null ? [] : [{ a, b, r }];
      }),
    )
    .sort((one, other) => Math.abs(other.r) - Math.abs(one.r))
    .slice(0, most);
}
