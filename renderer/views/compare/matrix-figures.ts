import type { MatrixPair } from '../../../shared/contract/comparisons.ts';
import type { MatchFigures } from '../../../shared/domain/comparison.ts';

/** What a cell of the matrix shows: row r, column c is the way from r to c. */
export const matrixStatistics = [
  { value: 'mean', label: 'mean of the best matches' },
  { value: 'median', label: 'median of the best matches' },
  { value: 'both', label: 'mean of both directions' },
  { value: 'mutual', label: 'mean over mutual matches' },
  { value: 'mutualShare', label: 'share with a mutual match' },
  { value: 'oneToOne', label: 'mean, one to one' },
] as const;
export type MatrixStatistic = (typeof matrixStatistics)[number]['value'];

/** n by n, row-major; null on the diagonal and where a pair was not compared. */
export function matrixValues(
  pairs: readonly MatrixPair[],
  n: number,
  statistic: MatrixStatistic,
): (number | null)[] {
  const values = new Array<number | null>(n * n).fill(null);
  for (const pair of pairs) {
    values[pair.a * n + pair.b] = figure(pair, pair.aToB, statistic);
    values[pair.b * n + pair.a] = figure(pair, pair.bToA, statistic);
  }
  return values;
}

function figure(
  { aToB, bToA, mutual, oneToOne }: MatrixPair,
  way: MatchFigures,
  statistic: MatrixStatistic,
): number | null {
  switch (statistic) {
    case 'both':
      return aToB.mean === null || bToA.mean === null ? null : (aToB.mean + bToA.mean) / 2;
    case 'mutual':
      return mutual.mean;
    case 'mutualShare':
      return way.n === 0 ? null : mutual.n / way.n;
    case 'oneToOne':
      return oneToOne?.mean ?? null;
    default:
      return way[statistic];
  }
}
