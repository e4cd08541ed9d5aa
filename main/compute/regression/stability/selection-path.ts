import type { Refit } from './logistic-refit.ts';
import type { Refitter, StudyPenalty } from './refitter.ts';
import type { RowSet } from './row-set.ts';

/** Strengths of the path, from where nothing enters down to a thousandth of that. */
const steps = 50;
const lowest = 1e-3;

/**
 * The first variables to enter the L1 path of a row set (the intercept free), as coefficients that are
 * not zero: where several enter between two strengths, the larger ones go first. Fewer where the path
 * ends before.
 */
export function firstToEnter(
  refitter: Refitter,
  set: RowSet,
  all: readonly number[],
  variables: number,
): Refit {
  const columns = set.constant.length;
  const entered = new Float64Array(columns + 1);
  const highest = largestSlope(set, columns);
  let count = 0;
  let last: Refit = refitter.fit(set, [], free(highest));
  if (last.status !== 'fitted') return last;
  for (let step = 1; step <= steps && count < variables; step++) {
    last = refitter.fit(set, all, free(highest * lowest ** (step / steps)));
    if (last.status !== 'fitted') break;
    const fresh = all.filter((j) => last.beta[j + 1] !== 0 && entered[j + 1] === 0);
    fresh.sort((a, b) => Math.abs(last.beta[b + 1]!) - Math.abs(last.beta[a + 1]!) || a - b);
    for (const j of fresh.slice(0, variables - count)) {
      entered[j + 1] = last.beta[j + 1]!;
      count++;
    }
  }
  entered[0] = last.beta[0]!;
  return { status: 'fitted', beta: entered, undetermined: new Uint8Array(columns) };
}

function free(strength: number): StudyPenalty {
  return { strength, perRow: false, onIntercept: false };
}

/** The smallest strength at which no variable enters: the largest slope at the mean outcome. */
function largestSlope({ rows, x, y }: RowSet, columns: number): number {
  let mean = 0;
  for (let i = 0; i < rows; i++) mean += y[i]! / rows;
  let most = 0;
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += x[j * rows + i]! * (y[i]! - mean);
    most = Math.max(most, Math.abs(sum));
  }
  return most;
}
