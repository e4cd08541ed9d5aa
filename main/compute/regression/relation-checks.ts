import { addDd, twoProduct, type DoubleDouble } from '../linalg/double-double.ts';
import type { Steps } from '../steps.ts';

/** Columns that can be read in pieces: a design matrix, or columns of a table. */
export interface ColumnSource {
  readonly rows: number;
  readonly columns: number;
  /** Values as printed in a table, or indicators: exact to the rounding of decimal to double. */
  isPlain(j: number): boolean;
  /** Writes rows start up to start + count of column j to out[offset …]. */
  fill(j: number, start: number, count: number, out: Float64Array, offset: number): void;
}

type Terms = readonly { readonly column: number; readonly coefficient: number }[];

const unit = 2 ** -53;
const chunk = 4096;

/**
 * Whether sum c_k x_k = 0 holds in every row, whole numbers c_k, as exactly as the values allow: a
 * decimal carries the rounding of its conversion and of the sum that it may have been printed from
 * (4 units), a calculated column that of its formula (64 units), a whole number none. The sum itself
 * is taken in double-double arithmetic.
 */
export function* isRationalRelation(source: ColumnSource, terms: Terms): Steps<boolean> {
  const units = terms.map(({ column }) => (source.isPlain(column) ? 4 * unit : 64 * unit));
  return yield* everyRow(source, terms, (values, i) => {
    let sum: DoubleDouble = { hi: 0, lo: 0 };
    let allowed = 0;
    for (const [k, { coefficient }] of terms.entries()) {
      const x = values[k * chunk + i]!;
      sum = addDd(sum, twoProduct(coefficient, x));
      const exact = units[k] === 4 * unit && Number.isSafeInteger(x);
      if (!exact) allowed += Math.abs(coefficient * x) * units[k]!;
    }
    return Math.abs(sum.hi) <= allowed;
  });
}

/** Whether sum c_k x_k = 0 holds in every row to 2^-42 of the sum of |c_k x_k|. */
export function* isNumericRelation(source: ColumnSource, terms: Terms): Steps<boolean> {
  return yield* everyRow(source, terms, (values, i) => {
    let sum = 0;
    let size = 0;
    for (const [k, { coefficient }] of terms.entries()) {
      const product = coefficient * values[k * chunk + i]!;
      sum += product;
      size += Math.abs(product);
    }
    return Math.abs(sum) <= 2 ** -42 * size;
  });
}

function* everyRow(
  source: ColumnSource,
  terms: Terms,
  holds: (values: Float64Array, i: number) => boolean,
): Steps<boolean> {
  const values = new Float64Array(terms.length * chunk);
  for (let start = 0; start < source.rows; start += chunk) {
    const count = Math.min(chunk, source.rows - start);
    terms.forEach(({ column }, k) => source.fill(column, start, count, values, k * chunk));
    for (let i = 0; i < count; i++) if (!holds(values, i)) return false;
    yield { phase: 'checking dependencies', done: start + count, total: source.rows };
  }
  return true;
}
