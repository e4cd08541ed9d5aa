import type { FitDiagnostics } from '../../../../shared/contract/fit-diagnostics.ts';
import { triangularise } from '../../linalg/triangular.ts';
import { RandomStream, streams } from '../../random.ts';
import type { Steps } from '../../steps.ts';

/** Terms up to which all their subsets are fitted. */
const exactTerms = 14;
const drawnOrders = 2000;
const seed = 0;

/**
 * Each term's share of R²: what it adds when it enters, averaged over all orders of entry (Lindeman,
 * Merenda & Gold 1980, "LMG"; Shapley's value of the game R²; R's relaimpo). With many terms the mean is
 * over drawn orders.
 *
 * @param r, effects triangle [k, k] of the columns and Q'y, the intercept first
 * @param terms for each term its label and its positions among the columns
 * @param total squares of the outcome about its mean
 */
export function* importanceOf(
  r: Float64Array,
  effects: Float64Array,
  terms: readonly { readonly label: string; readonly columns: readonly number[] }[],
  total: number,
): Steps<NonNullable<FitDiagnostics['importance']>> {
  const k = effects.length;
  const explained = (chosen: readonly number[]): number => {
    const columns = chosen.flatMap((term) => terms[term]!.columns);
    return explainedBy(r, effects, k, columns) / total;
  };
  const exact = terms.length <= exactTerms;
  const shares = exact
    ? yield* overSubsets(terms.length, explained)
    : yield* overOrders(terms.length, explained);
  return {
    shares: terms.map(({ label }, term) => ({ term: label, share: shares[term]! })),
    r2: explained(terms.map((_, term) => term)),
    orders: exact ? null : drawnOrders,
    seed: exact ? null : seed,
  };
}

/** Squares that some columns explain beside the intercept: their part of Q'y without its first row. */
function explainedBy(
  r: Float64Array,
  effects: Float64Array,
  k: number,
  columns: readonly number[],
): number {
  const rows = k - 1;
  const work = new Float64Array(rows * (columns.length + 1));
  columns.forEach((column, position) => {
    for (let i = 1; i <= column; i++) work[position * rows + i - 1] = r[column * k + i]!;
  });
  work.set(effects.subarray(1), columns.length * rows);
  triangularise(work, rows, columns.length, 1);
  let squares = 0;
  for (let i = 0; i < columns.length; i++) squares += work[columns.length * rows + i]! ** 2;
  return squares;
}

function* overSubsets(
  terms: number,
  explained: (chosen: readonly number[]) => number,
): Steps<Float64Array> {
  const sizes = 1 << terms;
  const values = new Float64Array(sizes);
  for (let set = 1; set < sizes; set++) {
    const chosen = Array.from({ length: terms }, (_, t) => t).filter((t) => (set >> t) & 1);
    values[set] = explained(chosen);
    if (set % 64 === 0) yield { phase: 'shares', done: set, total: sizes };
  }
  // The weight of a subset of size s is s! (terms - 1 - s)! / terms!.
  const weights = [1 / terms];
  for (let s = 1; s < terms; s++) weights.push((weights[s - 1]! * s) / (terms - s));
  const shares = new Float64Array(terms);
  for (let set = 0; set < sizes; set++) {
    const size = Array.from({ length: terms }, (_, t) => (set >> t) & 1).reduce((a, b) => a + b, 0);
    for (let t = 0; t < terms; t++)
      if (!((set >> t) & 1))
        shares[t]! += weights[size]! * (values[set | (1 << t)]! - values[set]!);
  }
  return shares;
}

function* overOrders(
  terms: number,
  explained: (chosen: readonly number[]) => number,
): Steps<Float64Array> {
  const random = new RandomStream(seed, streams.predictorOrders);
  const shares = new Float64Array(terms);
  const order = Array.from({ length: terms }, (_, t) => t);
  for (let draw = 0; draw < drawnOrders; draw++) {
    for (let i = terms - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    let before = 0;
    for (let position = 0; position < terms; position++) {
      const now = explained(order.slice(0, position + 1));
      shares[order[position]!]! += (now - before) / drawnOrders;
      before = now;
    }
    yield { phase: 'shares', done: draw + 1, total: drawnOrders };
  }
  return shares;
}
