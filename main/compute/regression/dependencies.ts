import type { Steps } from '../steps.ts';
import { solveUpper } from '../linalg/triangular.ts';
import { isNumericRelation, isRationalRelation, type ColumnSource } from './relation-checks.ts';
import { greatestCommonDivisor, nearbyRational, type Rational } from './rationals.ts';

/**
 * Exact linear dependencies among columns, found before anything is fitted.
 *
 * A small pivot in R says only that a column is nearly a combination of earlier ones. Whether it is
 * exactly one cannot be read off a tolerance: in NIST's Filip the last column's pivot is 5e-8 of its
 * length and the column belongs in the fit, while `total = a + b` with an unlucky scale may leave a
 * larger one. So a small pivot (below `suspicious`) only makes a column a candidate. Its combination
 * of the earlier columns is then put into words and held against the data, row by row:
 *
 * 1. with coefficients rounded to fractions with denominators up to 1000: the relation must hold in
 *    every row to within the rounding of the printed values themselves (whole numbers: exactly);
 * 2. otherwise, with decimal coefficients (`scale(x)` against `x`): to 2^-42 of the terms' size;
 * 3. otherwise, a pivot below `negligible` cannot be told from rounding by any double-precision fit,
 *    and the column counts as dependent as well, "to rounding".
 *
 * Filip's candidate fails all three: its residual is 3e-8 of the terms, nine powers of ten above
 * what printing and rounding leave.
 */
const suspicious = 1e-6;
const negligible = 1e-13;

/** sum of coefficients times columns = 0. */
export interface Relation {
  /** The column that is left out: the last one in the order of the formula, as R's lm does. */
  readonly aliased: number;
  readonly kind: 'rational' | 'decimal' | 'rounding';
  /** Column index and coefficient; whole numbers without a common divisor where `rational`. */
  readonly terms: readonly { readonly column: number; readonly coefficient: number }[];
}

export interface Dependencies {
  /** Columns that do not depend on earlier ones. */
  readonly kept: readonly number[];
  readonly relations: readonly Relation[];
  /** Columns that were not examined because there are no more rows than kept columns. */
  readonly unexamined: readonly number[];
}

/**
 * @param source the columns, unscaled
 * @param r triangle [p, p] of the columns times `scales`, column-major
 * @param scales a power of two for each column
 */
export function* findDependencies(
  source: ColumnSource,
  r: Float64Array,
  scales: Float64Array,
): Steps<Dependencies> {
  const p = source.columns;
  const work = Float64Array.from(r);
  const kept: number[] = [];
  const relations: Relation[] = [];
  for (let j = 0; j < p; j++) {
    if (kept.length >= source.rows) return { kept, relations, unexamined: range(j, p) };
    const relation = yield* examine(source, work, kept, scales, j);
    if (relation) relations.push(relation);
    else {
      eliminate(work, p, kept.length, j);
      kept.push(j);
    }
  }
  return { kept, relations, unexamined: [] };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, k) => from + k);
}

/** Euclidean length of entries from `from` to `to` of a column. */
function length(work: Float64Array, start: number, from: number, to: number): number {
  let squares = 0;
  for (let i = from; i < to; i++) squares += work[start + i]! ** 2;
  return Math.sqrt(squares);
}

function* examine(
  source: ColumnSource,
  work: Float64Array,
  kept: readonly number[],
  scales: Float64Array,
  j: number,
): Steps<Relation | undefined> {
  const p = source.columns;
  const rank = kept.length;
  const total = length(work, j * p, 0, p);
  if (total === 0) return { aliased: j, kind: 'rational', terms: [{ column: j, coefficient: 1 }] };
  const rest = length(work, j * p, rank, p);
  if (rest > suspicious * total) return undefined;
  const { weights, shares } = combination(work, kept, scales, j, total);
  for (const tolerance of [1e-10, 1e-7, 1e-4]) {
    const rational = toRational(kept, weights, shares, j, tolerance);
    if (rational && (yield* isRationalRelation(source, rational.terms))) return rational;
  }
  const decimal: Relation = {
    aliased: j,
    kind: 'decimal',
    terms: [
      { column: j, coefficient: 1 },
      ...kept.flatMap((column, k) =>
        shares[k]! > 1e-11 ? [{ column, coefficient: -weights[k]! }] : [],
      ),
    ],
  };
  if (yield* isNumericRelation(source, decimal.terms)) return decimal;
  return rest <= negligible * total ? { ...decimal, kind: 'rounding' } : undefined;
}

/** Coefficients of the kept columns for column j, and how large each one's part in it is. */
function combination(
  work: Float64Array,
  kept: readonly number[],
  scales: Float64Array,
  j: number,
  total: number,
): { weights: number[]; shares: number[] } {
  const rank = kept.length;
  const p = scales.length;
  const triangle = new Float64Array(rank * rank);
  kept.forEach((column, k) => {
    for (let i = 0; i <= k; i++) triangle[k * rank + i] = work[column * p + i]!;
  });
  const solution = solveUpper(triangle, rank, work.subarray(j * p, j * p + rank));
  const weights = kept.map((column, k) => (solution[k]! * scales[column]!) / scales[j]!);
  const shares = kept.map(
    (_, k) => (Math.abs(solution[k]!) * length(triangle, k * rank, 0, k + 1)) / total,
  );
  return { weights, shares };
}

/** The relation with coefficients rounded to small fractions and cleared of denominators. */
function toRational(
  kept: readonly number[],
  weights: readonly number[],
  shares: readonly number[],
  j: number,
  tolerance: number,
): Relation | undefined {
  const fractions: { column: number; value: Rational }[] = [];
  for (const [k, column] of kept.entries()) {
    if (shares[k]! <= tolerance) continue;
    const weight = weights[k]!;
    const value = nearbyRational(weight, tolerance * Math.max(Math.abs(weight), 1e-3), 1000);
    if (!value) return undefined;
    if (value.numerator !== 0) fractions.push({ column, value });
  }
  let multiple = 1;
  for (const { value } of fractions) {
    multiple *= value.denominator / greatestCommonDivisor(multiple, value.denominator);
    if (multiple > 1e6) return undefined;
  }
  const terms = [
    { column: j, coefficient: multiple },
    ...fractions.map(({ column, value }) => ({
      column,
      coefficient: -value.numerator * (multiple / value.denominator),
    })),
  ];
  return { aliased: j, kind: 'rational', terms };
}

/** One Householder reflection on rows rank and below, so that column j becomes the next of the triangle. */
function eliminate(work: Float64Array, p: number, rank: number, j: number): void {
  const start = j * p;
  const norm = length(work, start, rank, p);
  if (norm === 0) return;
  const alpha = work[start + rank]!;
  const beta = alpha > 0 ? -norm : norm;
  const v = work.slice(start + rank, start + p);
  v[0]! -= beta;
  const factor = 1 / (beta * v[0]!);
  for (let k = j + 1; k < p; k++) {
    const other = k * p + rank;
    let s = 0;
    for (let i = 0; i < v.length; i++) s += v[i]! * work[other + i]!;
    s *= factor;
    for (let i = 0; i < v.length; i++) work[other + i]! += s * v[i]!;
  }
  work.fill(0, start + rank, start + p);
  work[start + rank] = beta;
}
