import type { RunDetail } from '../../../shared/contract/runs.ts';

export interface SeedRun {
  readonly id: string;
  readonly seed: number;
}

/**
 * A run and its replicates, one for each seed in their order. Of a seed that was run more than once,
 * the run itself stands for it, then one of the same job.
 */
export function distinctSeeds(
  { run, siblings }: Pick<RunDetail, 'run' | 'siblings'>,
  jobRuns: readonly string[],
): SeedRun[] {
  const all: readonly SeedRun[] = [run, ...siblings];
  const weight = ({ id }: SeedRun) => (id === run.id ? 2 : jobRuns.includes(id) ? 1 : 0);
  const bySeed = new Map<number, SeedRun>();
  for (const { id, seed } of all) {
    const known = bySeed.get(seed);
    if (!known || weight({ id, seed }) > weight(known)) bySeed.set(seed, { id, seed });
  }
  return [...bySeed.values()].sort((a, b) => a.seed - b.seed);
}
