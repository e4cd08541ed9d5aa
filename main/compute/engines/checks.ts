/**
 * What operands must look like, said once for all engines: each function answers the sizes that an
 * operation works with, and throws AppError `shape-mismatch` (or `dtype-mismatch` for floats where
 * integers belong, and the reverse) with the operation and the shapes in its sentence.
 */
import { AppError } from '../../../shared/errors.ts';
import type { AttentionShape, MatmulOptions, Sparse, Tensor } from '../engine.ts';

function show(tensor: Tensor): string {
  return `[${tensor.shape.join(', ')}]`;
}

/** The error for operands that do not fit together. */
export function misfit(operation: string, problem: string, ...operands: Tensor[]): AppError {
  return new AppError(
    'shape-mismatch',
    `${operation}: ${problem} (got ${operands.map(show).join(' and ')}).`,
    { operation, shapes: operands.map((operand) => [...operand.shape]) },
  );
}

export function requireKind(operation: string, kind: Tensor['kind'], ...tensors: Tensor[]): void {
  for (const tensor of tensors)
    if (tensor.kind !== kind)
      throw new AppError('dtype-mismatch', `${operation} needs ${kind}s, not ${tensor.kind}s.`, {
        operation,
        kind: tensor.kind,
      });
}

/** Checks that a list fills a shape exactly. */
export function requireLength(operation: string, length: number, tensorSize: number): void {
  if (length !== tensorSize)
    throw new AppError(
      'shape-mismatch',
      `${operation}: ${length} numbers do not fill a shape of ${tensorSize}.`,
      { operation, length, size: tensorSize },
    );
}

/** Rows and columns of a float matrix. */
export function matrix(operation: string, x: Tensor): { rows: number; columns: number } {
  requireKind(operation, 'float', x);
  if (x.shape.length !== 2) throw misfit(operation, 'a matrix is needed', x);
  return { rows: x.shape[0]!, columns: x.shape[1]! };
}

/** Checks for a float vector of the given length. */
export function requireVector(operation: string, what: string, x: Tensor, length: number): void {
  requireKind(operation, 'float', x);
  if (x.shape.length !== 1 || x.shape[0] !== length)
    throw misfit(operation, `${what} must be [${length}]`, x);
}

/** Checks for an int vector of the given length. */
export function requireIndices(operation: string, what: string, x: Tensor, length: number): void {
  requireKind(operation, 'int', x);
  if (x.shape.length !== 1 || x.shape[0] !== length)
    throw misfit(operation, `${what} must be [${length}]`, x);
}

export function requireEqualShapes(operation: string, x: Tensor, ...others: Tensor[]): void {
  requireKind(operation, 'float', x, ...others);
  for (const other of others)
    if (
      other.shape.length !== x.shape.length ||
      other.shape.some((length, axis) => length !== x.shape[axis])
    )
      throw misfit(operation, 'the shapes must be equal', x, other);
}

/**
 * How y is laid over x: `columns` is y's period. It is x's size for equal shapes, and the last axis
 * of x for a row that is added to each row.
 */
export function overlay(operation: string, x: Tensor, y: Tensor): { columns: number } {
  if (y.shape.length === 1 && x.shape.length > 1) {
    requireKind(operation, 'float', x, y);
    if (x.shape.at(-1) !== y.shape[0])
      throw misfit(operation, 'the row must be as long as the rows of x', x, y);
    return { columns: y.size };
  }
  requireEqualShapes(operation, x, y);
  return { columns: x.size };
}

/** Sizes of op(a) [m, k] times op(b) [k, n]. */
export function product(
  operation: string,
  a: Tensor,
  b: Tensor,
  options: MatmulOptions = {},
): { m: number; n: number; k: number } {
  const left = matrix(operation, a);
  const right = matrix(operation, b);
  const m = options.transA ? left.columns : left.rows;
  const k = options.transA ? left.rows : left.columns;
  const n = options.transB ? right.rows : right.columns;
  if (k !== (options.transB ? right.columns : right.rows)) {
    const how = `${options.transA ? 'A^T' : 'A'} ${options.transB ? 'B^T' : 'B'}`;
    throw misfit(operation, `the inner sizes of ${how} differ`, a, b);
  }
  if (options.bias) requireVector(operation, 'bias', options.bias, n);
  return { m, n, k };
}

/** Row range of a view. */
export function rowRange(x: Tensor, start: number, end: number): { width: number } {
  if (x.shape.length !== 1 && x.shape.length !== 2)
    throw misfit('rows', 'a tensor of rank 1 or 2 is needed', x);
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  if (!whole || start < 0 || end < start || end > x.shape[0]!)
    throw misfit('rows', `rows ${start} to ${end} do not lie in it`, x);
  return { width: x.shape[1] ?? 1 };
}

/** Sizes of an attention call; `width` is that of one head. */
export function attentionSizes(
  operation: string,
  shape: AttentionShape,
  q: Tensor,
  k: Tensor,
  v: Tensor,
): { rows: number; width: number } {
  const { sequences, length, keyLength = length, heads, keyHeads, window = 1, softCap = 1 } = shape;
  const rows = sequences * length;
  const keyRows = sequences * keyLength;
  const width = matrix(operation, q).columns / heads;
  const fits =
    heads > 0 && keyHeads > 0 && heads % keyHeads === 0 && Number.isInteger(width) && width > 0;
  if (!fits || q.shape[0] !== rows)
    throw misfit(
      operation,
      `q must be [${sequences} * ${length}, ${heads} * head width] and ${keyHeads} key heads divide ${heads} heads`,
      q,
    );
  for (const x of [k, v]) {
    const { rows: xRows, columns } = matrix(operation, x);
    if (keyLength < length || xRows !== keyRows || columns !== keyHeads * width)
      throw misfit(operation, `k and v must be [${keyRows}, ${keyHeads * width}]`, x);
  }
  requirePositive(operation, 'softCap', softCap);
  if (!Number.isSafeInteger(window)) requirePositive(operation, 'window', NaN);
  requirePositive(operation, 'window', window);
  return { rows, width };
}

/** Checks a bound or a length. */
export function requirePositive(operation: string, what: string, value: number): void {
  if (!(value > 0) || !Number.isFinite(value))
    throw new AppError('bad-input', `${operation}: ${what} must be above 0, not ${value}.`, {
      operation,
      [what]: value,
    });
}

/** Sizes of a rotation: positions in the tables, half the columns that turn, and width of a head. */
export function rotationSizes(
  x: Tensor,
  cosines: Tensor,
  sines: Tensor,
  heads: number,
): { rows: number; length: number; half: number; width: number } {
  const { rows, columns } = matrix('rotate', x);
  const { rows: length, columns: half } = matrix('rotate', cosines);
  requireEqualShapes('rotate', cosines, sines);
  const width = columns / heads;
  if (!Number.isSafeInteger(width) || width < 2 * half)
    throw misfit('rotate', `x must have ${heads} heads of ${2 * half} columns or more`, x, cosines);
  if (length === 0 ? rows > 0 : rows % length !== 0)
    throw misfit('rotate', `x must have the ${length} positions of the tables over and over`, x);
  return { rows, length, half, width };
}

/** Checks that a sparse pattern goes with a dense matrix of the given rows. */
export function requireRows(operation: string, what: string, x: Tensor, rows: number): number {
  const sizes = matrix(operation, x);
  if (sizes.rows !== rows) throw misfit(operation, `${what} must have ${rows} rows`, x);
  return sizes.columns;
}

/** Checks a sparse matrix against itself: pointer and entry counts as its fields say. */
export function requireSparse(operation: string, x: Sparse): void {
  requireIndices(operation, 'pointers', x.pointers, x.rows + 1);
  requireIndices(operation, 'indices', x.indices, x.count);
  requireVector(operation, 'values', x.values, x.count);
}

/** Checks that every index lies in a table; the message names the first one that does not. */
export function requireInside(
  operation: string,
  indices: Int32Array,
  limit: number,
  allowNegative = false,
): void {
  for (let i = 0; i < indices.length; i += 1) {
    const index = indices[i]!;
    if (index >= limit || (index < 0 && !allowNegative))
      throw new AppError(
        'bad-input',
        `${operation}: index ${index} at position ${i} lies outside 0 to ${limit - 1}.`,
        { operation, index, position: i, limit },
      );
  }
}

/** Checks the exponent of a p-norm. */
export function requireExponent(operation: string, p: number): void {
  if (!(p > 0) || !Number.isFinite(p))
    throw new AppError('bad-input', `${operation}: p must be a finite number above 0, not ${p}.`, {
      operation,
      p,
    });
}

/** Checks a number of entries. */
export function requireEntryCount(operation: string, count: number): void {
  if (!Number.isSafeInteger(count) || count < 0)
    throw new AppError(
      'bad-input',
      `${operation}: the number of entries must be a whole number from 0, not ${count}.`,
      { operation, count },
    );
}

/** Checks the k of a top-k over rows of the given length. */
export function requireTopCount(k: number, x: Tensor): void {
  if (!Number.isSafeInteger(k) || k < 0 || k > x.shape[1]!)
    throw misfit('topK', `k is ${k}, which must be a whole number up to the row length`, x);
}
