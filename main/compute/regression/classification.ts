/**
 * Area under the ROC curve of a score for a 0/1 outcome: the share of pairs of one success and one
 * failure in which the success has the higher score, ties counting half (Mann & Whitney 1947).
 */
export function areaUnderCurve(score: Float64Array, y: Float64Array): number {
  const successes = score.filter((_, i) => y[i] === 1).sort();
  const failures = score.filter((_, i) => y[i] !== 1).sort();
  let below = 0;
  let equal = 0;
  let wins = 0;
  for (const value of successes) {
    while (below < failures.length && failures[below]! < value) below++;
    equal = Math.max(equal, below);
    while (equal < failures.length && failures[equal]! === value) equal++;
    wins += below + (equal - below) / 2;
  }
  return wins / (successes.length * failures.length);
}

/** Share of rows whose outcome is the more probable one: a probability of exactly 1/2 counts as 0. */
export function accuracyOf(eta: Float64Array, y: Float64Array): number {
  let right = 0;
  for (let i = 0; i < y.length; i++) if (eta[i]! > 0 === (y[i] === 1)) right++;
  return right / y.length;
}
