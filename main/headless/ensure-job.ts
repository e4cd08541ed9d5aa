import type { JobRow } from '../../shared/contract/jobs.ts';
import { canonicalJson } from '../../shared/domain/canonical-json.ts';
import type { TrainSpec } from '../../shared/domain/job-spec.ts';
import { runCount, runSpec } from '../../shared/domain/run-spec.ts';
import type { Output } from './cli/output.ts';
import { checkSucceeded, followJob } from './follow-job.ts';
import type { HostClient } from './with-host.ts';

export interface EnsureOptions {
  readonly output: Output;
  readonly signal: AbortSignal;
  /** The command line that goes on where this one is stopped. */
  readonly goOn: string;
  /** Says what is about to be done; not called where it is done already. */
  readonly announce: (isResumed: boolean) => void;
}

/**
 * The job that does what a spec says: one that succeeded earlier as it is, one that stopped from where
 * it stopped, else a new one. Trained again, equal seeds would give equal runs.
 * @throws AppError where the job does not succeed
 */
export async function ensureJob(
  client: HostClient,
  project: string,
  spec: TrainSpec,
  { output, signal, goOn, announce }: EnsureOptions,
): Promise<JobRow> {
  const earlier = await findJob(client, project, spec);
  if (earlier?.state === 'succeeded') return earlier;
  const isResumed = earlier?.actions.includes('requeue') ?? false;
  announce(isResumed);
  const job = earlier ?? (await client.call('jobs.submit', { project, spec: { ...spec } }));
  const started = isResumed
    ? await client.call('jobs.act', { project, job: job.id, action: 'requeue' })
    : job;
  const ended = await followJob(client, project, started, output, signal);
  checkSucceeded(ended, goOn);
  return ended;
}

/** The newest job with an equal spec, one that succeeded before others. */
async function findJob(
  client: HostClient,
  project: string,
  spec: TrainSpec,
): Promise<JobRow | undefined> {
  const wanted = Array.from({ length: runCount(spec) }, (_, at) =>
    canonicalJson(runSpec(spec, at)),
  );
  const equal: JobRow[] = [];
  for (const job of await client.call('jobs.list', { project })) {
    if (job.name !== spec.name || job.runs.length !== wanted.length) continue;
    if (await isEqual(client, project, job.runs, wanted)) equal.push(job);
  }
  return equal.find(({ state }) => state === 'succeeded') ?? equal[0];
}

async function isEqual(
  client: HostClient,
  project: string,
  runs: readonly string[],
  wanted: readonly string[],
): Promise<boolean> {
  for (const [position, run] of runs.entries()) {
    const { spec } = await client.call('runs.get', { project, run });
    if (canonicalJson(spec) !== wanted[position]) return false;
  }
  return true;
}
