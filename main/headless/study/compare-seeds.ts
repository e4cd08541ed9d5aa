import type { ComparisonDetail } from '../../../shared/contract/comparisons.ts';
import type { StudySection } from '../../host/study-data.ts';
import { findComparison, runComparison, type CompareRequest } from '../compare/run-comparison.ts';
import type { HostClient } from '../with-host.ts';
import type { StudyOptions } from './run-study.ts';
import type { StudyPlan } from './study-plan.ts';

/**
 * Holds the dictionaries of each objective of a study against each other across seeds, on the tokens
 * that its features are counted on; undefined where there is one seed. What was compared before is
 * found, not done again.
 * @throws AppError where the job does not succeed
 */
export async function compareSeeds(
  client: HostClient,
  project: string,
  { base }: StudyPlan,
  { objectives }: StudySection,
  { output, signal }: StudyOptions,
): Promise<ComparisonDetail | undefined> {
  const dictionaries: string[] = [];
  const pairs: [number, number][] = [];
  for (const { runs } of objectives) {
    const first = dictionaries.length;
    for (const run of runs) {
      const { dictionary } = (await client.call('runs.get', { project, run })).run;
      if (dictionary !== null) dictionaries.push(dictionary);
    }
    for (let a = first; a < dictionaries.length; a++)
      for (let b = a + 1; b < dictionaries.length; b++) pairs.push([a, b]);
  }
  if (pairs.length === 0) return undefined;
  const { tokens, sequences } = base.features ?? base.evaluation ?? { tokens: base.tokens };
  const request: CompareRequest = {
    name: `${base.name}: across seeds`,
    dictionaries,
    pairs,
    tokens,
    ...(sequences !== undefined && { sequences }),
    engine: base.engine,
    threads: base.threads,
  };
  const earlier = await findComparison(client, project, request);
  if (earlier) return earlier;
  output.note(`Comparing ${dictionaries.length} dictionaries across seeds …`);
  return runComparison(client, project, request, { output, signal });
}
