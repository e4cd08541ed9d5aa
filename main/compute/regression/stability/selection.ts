import type { StabilitySelection } from '../../../../shared/contract/stability.ts';
import type { StabilitySpec } from '../../../../shared/domain/stability-spec.ts';
import { countFailures, proportionOf, type CountedBatch } from './outcomes.ts';
import type { StudyShared, StudyTask } from './refit-tasks.ts';
import { blocks, runStudyTasks, type StudyControl } from './task-runner.ts';

const thresholds = [0.6, 0.7, 0.8, 0.9, 0.95];

/**
 * Stability selection: how often each variable is among the first q of the L1 path of a random half of
 * the rows. The bound assumes that the noise variables are exchangeable and that the choice is no worse
 * than guessing (Meinshausen & Bühlmann 2010, theorem 1).
 */
export async function selectStably(
  shared: StudyShared,
  terms: readonly string[],
  spec: StabilitySpec['selection'],
  control: StudyControl,
): Promise<StabilitySelection> {
  const p = terms.length;
  const allowed = Math.min(p, spec.variables ?? Math.max(1, Math.floor(Math.sqrt(0.8 * p))));
  const tasks = blocks(spec.refits, 5).map((block): StudyTask => ({
    kind: 'selection',
    ...block,
    variables: allowed,
  }));
  const outputs = await runStudyTasks(shared, tasks, 'selecting on halves', control);
  const batches = outputs.map(({ batch }): CountedBatch => ({ batch, times: null }));
  const counts = new Array<number>(p).fill(0);
  let fitted = 0;
  let chosen = 0;
  for (const { batch } of batches)
    for (let at = 0; at < batch.count; at++) {
      if (batch.status[at] !== 0) continue;
      fitted++;
      for (let j = 0; j < p; j++)
        if (batch.beta[at * (p + 1) + j + 1] !== 0) {
          counts[j]!++;
          chosen++;
        }
    }
  const average = fitted > 0 ? chosen / fitted : 0;
  const isSelected = (j: number, threshold: number): boolean =>
    fitted > 0 && counts[j]! / fitted >= threshold;
  return {
    refits: spec.refits,
    rows: Math.floor(shared.data.rows / 2),
    failed: countFailures(batches),
    chosen: average,
    allowed,
    threshold: spec.threshold,
    bound: fitted > 0 ? errorBound(average, spec.threshold, p) : null,
    terms: terms.map((term, j) => ({
      term,
      selected: isSelected(j, spec.threshold),
      probability: proportionOf(counts[j]!, fitted),
    })),
    thresholds: thresholds.map((threshold) => ({
      threshold,
      bound: errorBound(average, threshold, p),
      selected: terms.filter((_, j) => isSelected(j, threshold)).length,
    })),
  };
}

/** Expected number of falsely selected variables, at most: q^2 / ((2 threshold - 1) p). */
export function errorBound(q: number, threshold: number, p: number): number {
  return q ** 2 / ((2 * threshold - 1) * p);
}
