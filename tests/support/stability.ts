import type { StudyControl } from '../../main/compute/regression/stability/task-runner.ts';
import { runStudy, type StudyResult } from '../../main/compute/regression/stability/run-study.ts';
import { parseJobSpec, type StabilitySpec } from '../../shared/domain/job-spec.ts';
import { tableFromColumns } from './regression.ts';

export function quietControl(threads: number): StudyControl {
  return { threads, progress: () => undefined, pause: async () => undefined };
}

/** A small study: every part with few refits unless said otherwise. */
export function stabilitySpec(fields: Record<string, unknown>): StabilitySpec {
  return parseJobSpec(
    {
      kind: 'stability',
      name: 'x',
      table: 'table',
      formula: 'y ~ a + b + c',
      subsets: 30,
      splits: { refits: 12 },
      dropOne: 4,
      bootstrap: 20,
      selection: { refits: 6 },
      power: { refits: 5, sizes: [20, 80] },
      ...fields,
    },
    'spec',
  ) as StabilitySpec;
}

export function study(
  columns: Readonly<Record<string, ArrayLike<number>>>,
  fields: Record<string, unknown> = {},
  threads = 1,
): Promise<StudyResult> {
  return runStudy(
    tableFromColumns(columns),
    undefined,
    stabilitySpec(fields),
    quietControl(threads),
  );
}

/** Every number in a document is finite: NaN and infinities would travel as null. */
export function notFinite(value: unknown, place = ''): string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [place];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, part]) => notFinite(part, `${place}.${key}`));
}
