import { CompensatedSum } from '../../../../shared/stats/summary.ts';
import { blockRows } from '../../linalg/streamed-qr.ts';
import type { Steps } from '../../steps.ts';

/** The columns to be penalised, calculated in blocks of rows; the intercept is not among them. */
export interface PredictorRows {
  readonly rows: number;
  readonly columns: number;
  fill(j: number, start: number, count: number, out: Float64Array, offset: number): void;
}

/** What one fit sees of the rows: weights that sum to 1, and how columns are shifted and scaled. */
export interface Standardised {
  readonly source: PredictorRows;
  /** 0 for a row that is held out. [n] */
  readonly weights: Float64Array;
  /** Subtracted from each column: its mean, or 0 without an intercept. [p] */
  readonly centres: Float64Array;
  /** Each column is divided by it: its deviation (with 1/n), or 1; 0 for a constant column. [p] */
  readonly scales: Float64Array;
}

/**
 * Means and deviations of the columns. As in glmnet a deviation is about the mean even where there is
 * no intercept.
 */
export function* standardise(
  source: PredictorRows,
  weights: Float64Array,
  options: { readonly intercept: boolean; readonly unitVariance: boolean },
): Steps<Standardised> {
  const { columns, rows } = source;
  const means = new Float64Array(columns);
  const scales = new Float64Array(columns);
  const chunk = new Float64Array(4096);
  for (let j = 0; j < columns; j++) {
    const sum = new CompensatedSum();
    for (let start = 0; start < rows; start += chunk.length) {
      const count = Math.min(chunk.length, rows - start);
      source.fill(j, start, count, chunk, 0);
      for (let i = 0; i < count; i++) sum.add(weights[start + i]! * chunk[i]!);
    }
    means[j] = sum.value;
    const squares = new CompensatedSum();
    let largest = 0;
    for (let start = 0; start < rows; start += chunk.length) {
      const count = Math.min(chunk.length, rows - start);
      source.fill(j, start, count, chunk, 0);
      for (let i = 0; i < count; i++) {
        const deviation = chunk[i]! - means[j]!;
        squares.add(weights[start + i]! * deviation * deviation);
        if (weights[start + i]! > 0) largest = Math.max(largest, Math.abs(chunk[i]!));
      }
    }
    const deviation = Math.sqrt(squares.value);
    const varies = deviation > 1e-14 * largest;
    scales[j] = varies ? (options.unitVariance ? deviation : 1) : 0;
    yield { phase: 'standardising', done: j + 1, total: columns };
  }
  return {
    source,
    weights,
    centres: options.intercept ? means : new Float64Array(columns),
    scales,
  };
}

/**
 * Standardised columns in blocks: `visit` gets column-major [count, p] with the first row's number.
 * A constant column is all zeros.
 */
export function* forBlocks(
  { source, centres, scales }: Standardised,
  visit: (block: Float64Array, start: number, count: number) => void,
): Steps<void> {
  const { rows, columns } = source;
  const size = Math.min(rows, blockRows(columns));
  const buffer = new Float64Array(size * columns);
  for (let start = 0; start < rows; start += size) {
    const count = Math.min(size, rows - start);
    for (let j = 0; j < columns; j++) {
      const offset = j * count;
      if (scales[j] === 0) {
        buffer.fill(0, offset, offset + count);
        continue;
      }
      source.fill(j, start, count, buffer, offset);
      const [centre, factor] = [centres[j]!, 1 / scales[j]!];
      for (let i = offset; i < offset + count; i++) buffer[i] = (buffer[i]! - centre) * factor;
    }
    visit(buffer, start, count);
    yield { phase: 'fitting', done: start + count, total: rows };
  }
}

/**
 * Adds W-weighted products of the block's columns to the upper part of `gram` [p + first, p + first],
 * behind `first` other columns.
 */
export function addProducts(
  gram: Float64Array,
  block: Float64Array,
  count: number,
  weights: Float64Array,
  size: number,
): void {
  const first = gram.length === size * size ? 0 : 1;
  const width = size + first;
  const weighted = new Float64Array(count);
  for (let j = 0; j < size; j++) {
    const column = j * count;
    for (let i = 0; i < count; i++) weighted[i] = weights[i]! * block[column + i]!;
    const row = (j + first) * width + first;
    for (let k = 0; k <= j; k++) {
      const other = k * count;
      let s0 = 0;
      let s1 = 0;
      let i = 0;
      for (; i + 1 < count; i += 2) {
        s0 += weighted[i]! * block[other + i]!;
        s1 += weighted[i + 1]! * block[other + i + 1]!;
      }
      if (i < count) s0 += weighted[i]! * block[other + i]!;
      gram[row + k]! += s0 + s1;
    }
  }
}

/** Copies what lies below the diagonal (column-major: k <= j at [j, k]) to the other side. */
export function mirror(gram: Float64Array, size: number): void {
  for (let j = 0; j < size; j++)
    for (let k = 0; k < j; k++) gram[k * size + j] = gram[j * size + k]!;
}
