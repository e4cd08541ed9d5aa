import type { PowerCurve } from '../../../../shared/contract/stability.ts';
import type { StabilitySpec } from '../../../../shared/domain/stability-spec.ts';
import { countFailures, countOutcomes } from './outcomes.ts';
import type { StudyShared, StudyTask } from './refit-tasks.ts';
import { blocks, runStudyTasks, type StudyControl } from './task-runner.ts';

/**
 * How often a sign that is true comes out zero or opposite at several numbers of rows: rows are drawn
 * from the table with replacement, outcomes from the full fit, and all terms are refitted. Terms that
 * the full fit sets to zero have no sign to lose, and are left out.
 */
export async function powerCurve(
  shared: StudyShared,
  terms: readonly string[],
  spec: StabilitySpec['power'],
  control: StudyControl,
): Promise<PowerCurve> {
  const n = shared.data.rows;
  const sizes =
    spec.sizes ?? [n / 4, n / 2, n, 2 * n, 4 * n].map((size) => Math.max(10, Math.round(size)));
  const truths = terms.flatMap((term, j) => {
    const coefficient = shared.truth[j + 1]!;
    return coefficient === 0 ? [] : [{ term, coefficient, column: j }];
  });
  const signs = terms.map((_, j) => Math.sign(shared.truth[j + 1]!));
  const curves: PowerCurve['sizes'] = [];
  for (const [index, size] of sizes.entries()) {
    const tasks = blocks(spec.refits, 10, index * spec.refits).map((block): StudyTask => ({
      kind: 'power',
      ...block,
      size,
    }));
    const phase = `simulating ${size} rows`;
    const outputs = await runStudyTasks(shared, tasks, phase, control);
    const batches = outputs.map(({ batch }) => ({ batch, times: null }));
    const counted = countOutcomes(terms, signs, batches);
    curves.push({
      n: size,
      failed: countFailures(batches),
      terms: truths.map(({ column }) => {
        const { refits, zero, opposite } = counted[column]!;
        return { refits, zero, opposite };
      }),
    });
  }
  return {
    refits: spec.refits,
    truth: truths.map(({ term, coefficient }) => ({ term, coefficient })),
    sizes: curves,
  };
}
