import type { MetricSummary, RunGroup, RunRow } from '../../shared/contract/runs.ts';
import { runSpec } from '../../shared/domain/run-spec.ts';
import { runType, type RunType } from '../../shared/domain/objective.ts';
import type { JobRecord } from '../../shared/domain/job-record.ts';
import { meanInterval } from '../../shared/stats/mean-interval.ts';
import type { Metrics, StoredRun } from '../db/runs.ts';
import { e2eSaeRunType } from '../formats/runs/e2e-run-type.ts';
import { findDifferences } from './spec-differences.ts';

/** A run with what its row shows. */
export interface RunSource {
  readonly run: StoredRun;
  readonly job: JobRecord;
  readonly metrics: Metrics;
  /** Milliseconds of work of the job so far. */
  readonly worked: number;
}

export interface GroupedRuns {
  readonly groups: RunGroup[];
  readonly metricNames: string[];
  readonly differingPaths: string[];
  readonly totalRuns: number;
}

export function runRow({ run, job, metrics, worked }: RunSource): RunRow {
  const engine = run.engine && `${run.engine.name}, ${run.engine.device}`;
  return {
    id: run.id,
    job: run.job,
    name: run.name,
    label: run.label,
    seed: run.seed,
    state: run.state,
    hook: run.hook,
    model: run.model,
    dictionary: run.dictionary,
    createdAt: run.createdAt,
    seconds: run.seconds ?? (run.imported || job.startedAt === null ? null : worked / 1000),
    engine,
    metrics,
    imported: importOf(run, job),
  };
}

/**
 * Runs in groups of replicates, the group of the newest run first. A search leaves out whole groups,
 * never members of one: an aggregate is of all replicates, whatever else is on the page.
 * @param search words that must all occur in some run's name, label, hook or state.
 */
export function groupRuns(
  sources: readonly RunSource[],
  search: string,
): Omit<GroupedRuns, 'metricNames'> {
  const byKey = new Map<string, RunSource[]>();
  for (const source of sources) {
    const members = byKey.get(source.run.groupKey);
    if (members) members.push(source);
    else byKey.set(source.run.groupKey, [source]);
  }
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const kept = [...byKey].filter(([, members]) => members.some((source) => matches(source, words)));
  const specs = kept.map(([, members]) => specOfRun(members[0]!.run, members[0]!.job));
  const differences = findDifferences(specs, ['name', 'kind', 'seeds']);
  return {
    groups: kept.map(([key, members], i) => ({
      ...describeGroup(key, members),
      type: typeOf(kept[i]![1][0]!, specs[i]!),
      differing: Object.fromEntries(differences.map(({ path, values }) => [path, values[i]!])),
    })),
    differingPaths: differences.map(({ path }) => path),
    totalRuns: sources.length,
  };
}

/** The spec of one run, as if it had been trained alone; of an imported one the config of its tool. */
export function specOfRun(run: StoredRun, { spec }: JobRecord): Record<string, unknown> {
  if (run.imported) return { ...run.imported.config };
  return spec.kind === 'train' ? { ...runSpec(spec, run.position) } : { ...spec };
}

function typeOf({ run, job }: RunSource, spec: Record<string, unknown>): RunType | null {
  if (run.imported) return e2eSaeRunType(spec);
  return job.spec.kind === 'train' ? runType(runSpec(job.spec, run.position).objective) : null;
}

function importOf(run: StoredRun, { spec }: JobRecord): RunRow['imported'] {
  if (!run.imported || spec.kind !== 'import') return null;
  return { from: spec.source, format: spec.format ?? null, x: run.imported.x };
}

function matches({ run }: RunSource, words: readonly string[]): boolean {
  const text = `${run.name} ${run.label} ${run.hook} ${run.model} ${run.state}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function describeGroup(
  key: string,
  members: readonly RunSource[],
): Omit<RunGroup, 'differing' | 'type'> {
  const { name, hook, model } = members[0]!.run;
  const bySeed = [...members].sort((a, b) => a.run.seed - b.run.seed);
  return { key, name, hook, model, metrics: summarise(members), runs: bySeed.map(runRow) };
}

/**
 * Mean and interval over the seeds of a group. A spec that was run twice with one seed tells nothing
 * about the spread over seeds: of such runs the newest with metrics counts.
 */
function summarise(members: readonly RunSource[]): Record<string, MetricSummary> {
  const values = new Map<string, number[]>();
  for (const { metrics } of newestOfSeeds(members))
    for (const [name, value] of Object.entries(metrics)) {
      let list = values.get(name);
      if (!list) values.set(name, (list = []));
      if (value !== null) list.push(value);
    }
  return Object.fromEntries(
    [...values].map(([name, list]) => [
      name,
      meanInterval(list) ?? { n: 0, mean: null, low: null, high: null },
    ]),
  );
}

function newestOfSeeds(members: readonly RunSource[]): Iterable<RunSource> {
  const measured = members.filter(({ metrics }) => Object.keys(metrics).length > 0);
  measured.sort((a, b) => a.run.createdAt - b.run.createdAt);
  return new Map(measured.map((member) => [member.run.seed, member])).values();
}
