import { incompleteBeta } from '../../../shared/stats/incomplete-beta.ts';
import { fQuantile } from '../../../shared/stats/fisher-f.ts';

/** P(X <= k) for X binomial with n trials of probability one half. */
export function halfBinomialCdf(k: number, n: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return incompleteBeta(n - k, k + 1, 0.5, 0.5).lower;
}

/**
 * One-sided upper bound of a proportion (Clopper & Pearson 1934): the largest probability under which
 * so few successes would still happen with probability 1 - confidence. Exact, so never too low.
 * @returns a share from 0 to 1; 1 where every trial succeeded or there is none.
 */
export function upperBound(successes: number, trials: number, confidence = 0.95): number {
  if (trials === 0 || successes >= trials) return 1;
  if (successes === 0) return -Math.expm1(Math.log(1 - confidence) / trials);
  const quantile = fQuantile(confidence, 2 * (successes + 1), 2 * (trials - successes));
  const odds = ((successes + 1) / (trials - successes)) * quantile;
  return odds / (1 + odds);
}

/** The rule of three (Hanley & Lippman-Hand 1983): 3/n bounds a proportion of which none was seen. */
export function ruleOfThree(trials: number): number {
  return Math.min(1, 3 / trials);
}
