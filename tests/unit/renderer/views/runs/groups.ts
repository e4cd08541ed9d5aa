import type { MetricSummary, RunGroup, RunRow } from '../../../../../shared/contract/runs.ts';

/** A run as the host tells of it. */
export function run(id: string, changes: Partial<RunRow> = {}): RunRow {
  return {
    id,
    job: `job_${id}`,
    name: 'small',
    label: '',
    seed: 0,
    state: 'succeeded',
    hook: 'blocks.0.hook_resid_pre',
    model: 'gpt',
    dictionary: null,
    createdAt: 1,
    seconds: 10,
    engine: 'wasm, CPU',
    metrics: {},
    imported: null,
    ...changes,
  };
}

export function summary(mean: number, n = 2): MetricSummary {
  return n === 1 ? { n, mean, low: null, high: null } : { n, mean, low: mean - 1, high: mean + 1 };
}

/** A group of runs. */
export function group(runs: readonly RunRow[], changes: Partial<RunGroup> = {}): RunGroup {
  const { name, hook, model } = runs[0]!;
  return {
    key: runs[0]!.id,
    name,
    hook,
    model,
    type: 'local',
    differing: {},
    metrics: {},
    runs: [...runs],
    ...changes,
  };
}
