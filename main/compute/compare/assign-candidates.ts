/** For each row its best columns, best first. */
export interface Candidates {
  readonly rows: number;
  readonly columns: number;
  readonly k: number;
  /** [rows, k]; -1 where a row has fewer. */
  readonly index: Int32Array;
  /** [rows, k] */
  readonly value: Float64Array | Float32Array;
  /** Whether columns that are not listed may have a score above 0: at most that of the last listed. */
  readonly isCut: boolean;
}

export interface CandidateAssignment {
  /** Column of each row, -1 where it stays alone. */
  readonly column: Int32Array;
  readonly total: number;
  /** No assignment, of all columns, has a larger total. */
  readonly bound: number;
}

/**
 * One-to-one assignment of nearly the largest total, by auction (Bertsekas 1988) on the candidates:
 * rows bid for columns, and each bid raises a price by at least `epsilon`. A row may stay alone at 0, so
 * negative scores are never taken. The total is within rows * epsilon of the best on the candidates; the
 * prices also bound what any assignment could reach, listed or not (weak duality), so the gap between
 * `total` and `bound` is a certificate.
 */
export function assignCandidates(candidates: Candidates, epsilon = 1e-4): CandidateAssignment {
  const { rows, columns } = candidates;
  const price = new Float64Array(columns);
  const rowOf = new Int32Array(columns).fill(-1);
  const column = new Int32Array(rows).fill(-1);
  const waiting = Int32Array.from({ length: rows }, (_, i) => rows - 1 - i);
  let count = rows;
  while (count > 0) {
    const row = waiting[--count]!;
    const { best, profit, second } = bestOffer(candidates, row, price);
    if (best === -1) continue;
    price[best]! += profit - second + epsilon;
    const previous = rowOf[best]!;
    if (previous !== -1) {
      column[previous] = -1;
      waiting[count++] = previous;
    }
    rowOf[best] = row;
    column[row] = best;
  }
  return { column, total: totalOf(candidates, column), bound: boundOf(candidates, price) };
}

/** The column of largest profit, that profit, and the next best one (staying alone is worth 0). */
function bestOffer({ k, index, value }: Candidates, row: number, price: Float64Array) {
  let best = -1;
  let profit = 0;
  let second = 0;
  for (let at = row * k; at < (row + 1) * k && index[at] !== -1; at++) {
    const offer = value[at]! - price[index[at]!]!;
    if (offer > profit) {
      second = profit;
      profit = offer;
      best = index[at]!;
    } else if (offer > second) second = offer;
  }
  return { best, profit, second };
}

function totalOf({ rows, k, index, value }: Candidates, column: Int32Array): number {
  let total = 0;
  for (let row = 0; row < rows; row++) {
    if (column[row] === -1) continue;
    for (let at = row * k; at < (row + 1) * k; at++)
      if (index[at] === column[row]) {
        total += value[at]!;
        break;
      }
  }
  return total;
}

function boundOf(candidates: Candidates, price: Float64Array): number {
  const { rows, k, index, value, isCut } = candidates;
  let bound = price.reduce((sum, one) => sum + one, 0);
  for (let row = 0; row < rows; row++) {
    const last = (row + 1) * k - 1;
    const unlisted = isCut && index[last] !== -1 ? Math.max(0, value[last]!) : 0;
    bound += Math.max(bestOffer(candidates, row, price).profit, unlisted);
  }
  return bound;
}
