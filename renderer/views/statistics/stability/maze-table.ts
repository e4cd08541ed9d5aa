import type { ColumnSummary } from '../../../../shared/contract/statistics.ts';

/** Columns by which a table of maze episodes is known: the outcome, and distances of its candidates. */
const signs: readonly string[] = [
  'got_cheese',
  'euc_dist_decision_square_5x5',
  'euc_dist_cheese_decision_square',
];

/** Whether the template of the maze study may be meant; the host checks every column that it needs. */
export function isMazeTable(columns: readonly ColumnSummary[]): boolean {
  const names = new Set(columns.map(({ name }) => name));
  return signs.every((name) => names.has(name));
}
