import type { ErrorKind } from '../../../shared/domain/regress-spec.ts';
import { AppError } from '../../../shared/errors.ts';
import { solveUpper } from '../linalg/triangular.ts';
import type { Steps } from '../steps.ts';
import type { PreparedDesign, WorkingFit } from './fit-result.ts';
import { forOrthogonalRows, leveragesOf } from './orthogonal-rows.ts';

/**
 * Standard errors that do not trust the model's variance (White 1980; MacKinnon & White 1985; Liang &
 * Zeger 1986). With X = Q R, u the residuals and h the leverages, the covariance is R^-1 M R^-T with
 *
 * - HC0: M = sum u^2 q q'; HC1: times n / (n - k); HC2: u^2 / (1 - h); HC3: u^2 / (1 - h)^2;
 * - CR0: M = sum over clusters of s s', s = sum u q; CR1: times G / (G - 1) (n - 1) / (n - k), as
 *   Stata, statsmodels and R's sandwich have it.
 *
 * For generalised linear models u and X are those of the last weighted step.
 *
 * @returns the standard errors of the kept columns, in units of the scaled columns
 * @throws AppError `too-few-rows` for fewer than two clusters, or where HC2 and HC3 meet a row that the
 *   fit passes through (leverage 1)
 */
export function* robustErrors(
  { frame, design, whole, kept }: PreparedDesign,
  { r, roots, residuals }: WorkingFit,
  kind: Exclude<ErrorKind, 'classical'>,
): Steps<Float64Array> {
  const k = kept.length;
  const n = design.rows;
  const { clusters } = frame;
  const grouped = kind === 'CR0' || kind === 'CR1';
  if (grouped && clusters!.count < 2)
    throw new AppError(
      'too-few-rows',
      `All ${n} rows lie in one cluster, so errors between clusters cannot be estimated. Choose another column.`,
      { clusters: clusters!.count, n },
    );
  const middle = new Float64Array(k * k);
  const scores = grouped ? new Float64Array(clusters!.count * k) : undefined;
  yield* forOrthogonalRows(design, kept, whole.scales, roots, r, (block, start, count) => {
    const leverages = leveragesOf(block.subarray(0, count * k), count);
    for (let i = 0; i < count; i++) {
      const residual = residuals[start + i]!;
      if (scores) {
        const at = clusters!.codes[start + i]! * k;
        for (let j = 0; j < k; j++) scores[at + j]! += residual * block[j * count + i]!;
        continue;
      }
      const room = 1 - leverages[i]!;
      if ((kind === 'HC2' || kind === 'HC3') && room < 1e-12)
        throw saturatedRow(kind, frame.rowNumber(start + i));
      const weight =
        kind === 'HC2'
          ? residual ** 2 / room
          : kind === 'HC3'
            ? (residual / room) ** 2
            : residual ** 2;
      addOuter(middle, k, weight, (j) => block[j * count + i]!);
    }
  });
  if (scores)
    for (let g = 0; g < clusters!.count; g++) addOuter(middle, k, 1, (j) => scores[g * k + j]!);
  const groups = clusters?.count ?? 0;
  const factor =
    kind === 'HC1'
      ? n / (n - k)
      : kind === 'CR1'
        ? (groups / (groups - 1)) * ((n - 1) / (n - k))
        : 1;
  return enclose(r, middle, k).map((value) => Math.sqrt(Math.max(0, value) * factor));
}

function saturatedRow(kind: string, row: number): AppError {
  return new AppError(
    'too-few-rows',
    `${kind} errors do not exist: the fit passes through row ${row} whatever its outcome (leverage 1). Use HC1, or leave out the term that belongs to this row alone.`,
    { place: `row ${row}`, row },
  );
}

/** Adds weight q q' to the lower part, column-major. */
function addOuter(middle: Float64Array, k: number, weight: number, q: (j: number) => number): void {
  for (let j = 0; j < k; j++) {
    const scaled = weight * q(j);
    for (let i = j; i < k; i++) middle[j * k + i]! += scaled * q(i);
  }
}

/** The diagonal of R^-1 M R^-T. */
function enclose(r: Float64Array, middle: Float64Array, k: number): Float64Array {
  const half = new Float64Array(k * k);
  for (let j = 0; j < k; j++) {
    const column = Float64Array.from({ length: k }, (_, i) =>
      i >= j ? middle[j * k + i]! : middle[i * k + j]!,
    );
    half.set(solveUpper(r, k, column), j * k);
  }
  const diagonal = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    const row = Float64Array.from({ length: k }, (_, j) => half[j * k + i]!);
    diagonal[i] = solveUpper(r, k, row)[i]!;
  }
  return diagonal;
}
