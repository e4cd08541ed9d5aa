import type { ComparisonSectionData } from '../reports/report-data.ts';
import type { ProjectView } from './project-view.ts';
import { readComparison, readMatrix, readPair } from './read-comparisons.ts';

/** Pairs that a report tells one by one where nothing has a replicate. */
const mostPairs = 66;

/** What a report says of a comparison: of pairs of replicates everything, where there are any. */
export function gatherComparisonSection(view: ProjectView, id: string): ComparisonSectionData {
  const comparison = readComparison(view, id);
  const { list, compared, measures } = comparison;
  const replicated = compared.filter(({ a, b }) => list[a]!.group === list[b]!.group);
  const told = replicated.length > 0 ? replicated : compared.slice(0, mostPairs);
  return {
    kind: 'comparison',
    comparison,
    measures: measures.map((measure) => ({
      measure,
      groups: readMatrix(view, id, measure).groups,
      pairs: told.map((pair) => readPair(view, id, measure, pair)),
    })),
  };
}
