import { AppError } from '../../../shared/errors.ts';
import { blockRows, StreamedQr } from '../linalg/streamed-qr.ts';
import type { Steps } from '../steps.ts';
import type { ColumnSource } from './relation-checks.ts';

/** The QR factorisation of all columns of a design, with those and the outcome scaled by powers of two. */
export interface Factorisation {
  readonly rows: number;
  readonly columns: number;
  /** R of the scaled columns, [p, p], column-major. */
  readonly r: Float64Array;
  /** First p rows of Q'y, y scaled. */
  readonly effects: Float64Array;
  /** Residual sum of squares of the scaled y. */
  readonly residualSquares: number;
  /** Powers of two that bring each column's largest entry into [1, 2); 1 for a column of zeros. */
  readonly scales: Float64Array;
  readonly responseScale: number;
}

/** The power of two that brings a magnitude into [1, 2). Scaling by it loses no digit. */
export function scaleFor(magnitude: number): number {
  if (magnitude === 0) return 1;
  return 2 ** -Math.max(-1000, Math.min(1000, Math.floor(Math.log2(magnitude))));
}

export function largestMagnitude(values: Float64Array, start = 0, count = values.length): number {
  let largest = 0;
  for (let i = start; i < start + count; i++) {
    const magnitude = Math.abs(values[i]!);
    if (magnitude > largest || Number.isNaN(magnitude)) largest = magnitude;
  }
  return largest;
}

/**
 * Scales and factorises the columns of a source together with an outcome y [rows] (zeros where there
 * is none).
 * @param given scales to use in place of those of the columns
 * @throws AppError `non-finite` where a product of variables overflows
 */
export function* factorise(
  source: ColumnSource,
  names: readonly string[],
  y?: Float64Array,
  given?: Float64Array,
): Steps<Factorisation> {
  const scales = given ?? (yield* findScales(source, names));
  const responseScale = y ? scaleFor(largestMagnitude(y)) : 1;
  const { rows, columns } = source;
  const qr = new StreamedQr(columns, 1);
  const size = Math.min(rows, blockRows(columns));
  const buffer = new Float64Array(size * (columns + 1));
  for (let start = 0; start < rows; start += size) {
    const count = Math.min(size, rows - start);
    const block = count === size ? buffer : buffer.subarray(0, count * (columns + 1));
    for (let j = 0; j < columns; j++) {
      source.fill(j, start, count, block, j * count);
      multiply(block, j * count, count, scales[j]!);
    }
    const end = columns * count;
    for (let i = 0; i < count; i++) block[end + i] = y ? y[start + i]! * responseScale : 0;
    qr.add(block, count);
    yield { phase: 'factorising', done: start + count, total: rows };
  }
  return {
    rows,
    columns,
    r: qr.r,
    effects: qr.effects,
    residualSquares: qr.residualSquares[0]!,
    scales,
    responseScale,
  };
}

export function multiply(values: Float64Array, start: number, count: number, factor: number): void {
  for (let i = start; i < start + count; i++) values[i]! *= factor;
}

function* findScales(source: ColumnSource, names: readonly string[]): Steps<Float64Array> {
  const chunk = 4096;
  const largest = new Float64Array(source.columns);
  const buffer = new Float64Array(chunk);
  for (let start = 0; start < source.rows; start += chunk) {
    const count = Math.min(chunk, source.rows - start);
    for (let j = 0; j < source.columns; j++) {
      source.fill(j, start, count, buffer, 0);
      largest[j] = Math.max(largest[j]!, largestMagnitude(buffer, 0, count));
    }
    yield { phase: 'scaling', done: start + count, total: source.rows };
  }
  const bad = largest.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new AppError(
      'non-finite',
      `${names[bad]!} becomes too large to calculate with. Use scale(…) or log(…) of its variables.`,
      { term: names[bad]! },
    );
  return largest.map(scaleFor);
}
