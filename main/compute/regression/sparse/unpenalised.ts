import { solveCholesky } from '../../linalg/cholesky.ts';
import type { Steps } from '../../steps.ts';
import { linearPredictor, type SparseColumns, type StandardisedColumns } from './columns.ts';
import { approximate, emptyApproximation, type Approximation, type SparseFamily } from './loss.ts';

const maximumSteps = 50;
/** Gain of a step below which nothing is left to gain. */
const settled = 1e-20;
/** A move that gains nothing all the same: the estimates run away, as they do under separation. */
const stillMoving = 1e-3;
/** Products of entries that one step may take. */
const mostProducts = 2e10;

export type UnpenalisedFit =
  | {
      readonly slopes: Float64Array;
      readonly intercept: number;
      readonly deviance: number;
    }
  /** Why there is none, in words. */
  | { readonly reason: string };

/**
 * Maximum likelihood without a penalty on a few standardised sparse columns that do not depend on each
 * other, by Newton's method. The Gram matrix is summed over the entries of each row, and only steers the
 * steps: the answer is where the gradient, which is summed without it, vanishes.
 */
export function* fitUnpenalised(
  data: StandardisedColumns,
  y: Float64Array,
  family: SparseFamily,
): Steps<UnpenalisedFit> {
  const p = data.source.columns;
  const byRow = rowMajor(data.source);
  if (byRow.products > mostProducts)
    return { reason: `${p} features that are active together so often would take too long` };
  const size = p + 1;
  const mean = y.reduce((sum, value, i) => sum + data.weights[i]! * value, 0);
  let beta = new Float64Array(size);
  beta[0] = family === 'gaussian' ? mean : Math.log(mean / (1 - mean));
  const eta = new Float64Array(y.length);
  const at = emptyApproximation(y.length);
  const evaluate = (point: Float64Array) => {
    linearPredictor(data, point.subarray(1), point[0]!, eta);
    approximate(family, y, data.weights, eta, at);
    return at.deviance;
  };
  let deviance = evaluate(beta);
  for (let step = 0; step < maximumSteps; step++) {
    const gradient = gradientOf(data, at);
    const move = solveCholesky(gramOf(data, byRow, at), size, gradient);
    if (!move) return { reason: 'the features cannot be told apart in double precision' };
    const gain = move.reduce((sum, value, j) => sum + value * gradient[j]!, 0);
    let next = beta.map((value, j) => value + move[j]!);
    let reached = evaluate(next);
    for (let halving = 0; halving < 40 && !(reached <= deviance * (1 + 1e-13)); halving++) {
      next = next.map((value, j) => (value + beta[j]!) / 2);
      reached = evaluate(next);
    }
    [beta, deviance] = [next, reached];
    if (gain <= settled) {
      if (move.some((value) => Math.abs(value) > stillMoving))
        return { reason: 'they separate the classes, so no finite estimate exists' };
      return { slopes: beta.slice(1), intercept: beta[0]!, deviance };
    }
    yield { phase: 'fitting without a penalty', done: step + 1, total: maximumSteps };
  }
  return { reason: `Newton's method did not settle in ${maximumSteps} steps` };
}

interface RowMajor {
  readonly pointers: Float64Array;
  readonly column: Int32Array;
  readonly value: Float32Array;
  /** Products that a Gram matrix is summed from. */
  readonly products: number;
}

function rowMajor({ rows, columns, pointers, row, value }: SparseColumns): RowMajor {
  const starts = new Float64Array(rows + 1);
  for (const i of row) starts[i + 1]!++;
  let products = 0;
  for (let i = 0; i < rows; i++) {
    products += starts[i + 1]! ** 2 / 2;
    starts[i + 1]! += starts[i]!;
  }
  const next = starts.slice(0, rows);
  const column = new Int32Array(row.length);
  const out = new Float32Array(row.length);
  for (let j = 0; j < columns; j++)
    for (let e = pointers[j]!; e < pointers[j + 1]!; e++) {
      const place = next[row[e]!]!++;
      column[place] = j;
      out[place] = value[e]!;
    }
  return { pointers: starts, column, value: out, products };
}

/** [intercept, columns] */
function gradientOf({ source, centres, scales }: StandardisedColumns, at: Approximation) {
  const gradient = new Float64Array(source.columns + 1);
  gradient[0] = at.residualSum;
  for (let j = 0; j < source.columns; j++) {
    let product = 0;
    for (let e = source.pointers[j]!; e < source.pointers[j + 1]!; e++)
      product += at.residual[source.row[e]!]! * source.value[e]!;
    gradient[j + 1] = (product - centres[j]! * at.residualSum) / scales[j]!;
  }
  return gradient;
}

/** Curvature-weighted products of the centred and scaled columns and the intercept, symmetric. */
function gramOf(
  { source, centres, scales }: StandardisedColumns,
  byRow: RowMajor,
  { curvature, curvatureSum }: Approximation,
): Float64Array {
  const size = source.columns + 1;
  const gram = new Float64Array(size * size);
  const { pointers, column, value } = byRow;
  for (let i = 0; i < source.rows; i++) {
    const bend = curvature[i]!;
    if (bend === 0) continue;
    for (let a = pointers[i]!; a < pointers[i + 1]!; a++) {
      const at = (column[a]! + 1) * size;
      const weighted = bend * value[a]!;
      gram[at]! += weighted;
      for (let b = pointers[i]!; b <= a; b++) gram[at + column[b]! + 1]! += weighted * value[b]!;
    }
  }
  const crossed = Float64Array.from({ length: source.columns }, (_, j) => gram[(j + 1) * size]!);
  gram[0] = curvatureSum;
  for (let j = 0; j < source.columns; j++) {
    const at = (j + 1) * size;
    gram[at] = (crossed[j]! - centres[j]! * curvatureSum) / scales[j]!;
    gram[j + 1] = gram[at];
    for (let k = 0; k <= j; k++) {
      const centred =
        gram[at + k + 1]! -
        centres[k]! * crossed[j]! -
        centres[j]! * crossed[k]! +
        centres[j]! * centres[k]! * curvatureSum;
      gram[at + k + 1] = centred / (scales[j]! * scales[k]!);
      gram[(k + 1) * size + j + 1] = gram[at + k + 1]!;
    }
  }
  return gram;
}
