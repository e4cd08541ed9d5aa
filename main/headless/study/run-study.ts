import type { RunRow } from '../../../shared/contract/runs.ts';
import { summarise } from '../../../shared/stats/summary.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Output } from '../cli/output.ts';
import { formatNumber } from '../cli/text-table.ts';
import { ensureJob } from '../ensure-job.ts';
import type { HostClient } from '../with-host.ts';
import { matchL0, type Match, type Stage, type Trial, type Tried } from './match-l0.ts';
import { stageSpec, type StudyPlan } from './study-plan.ts';

export interface StudyOptions {
  readonly output: Output;
  readonly signal: AbortSignal;
  /** The command line that goes on where this one is stopped. */
  readonly goOn: string;
}

/**
 * Trains everything that a study needs, through jobs that stay in the project, so that a study which
 * is begun again finds what is done.
 * @throws AppError of a job that does not succeed
 */
export function runStudy(
  client: HostClient,
  project: string,
  plan: StudyPlan,
  options: StudyOptions,
): Promise<Match> {
  const first = new Map<string, RunRow>();
  const trainStage = async (stage: Stage, trials: readonly Trial[]): Promise<RunRow[][]> => {
    const job = await ensureJob(client, project, stageSpec(plan, stage, trials), {
      ...options,
      announce: (isResumed) => {
        options.output.note(
          `${isResumed ? 'Going on with' : 'Training'} ${words(stage, trials, plan)} …`,
        );
      },
    });
    const runs: RunRow[] = [];
    for (const run of job.runs) runs.push((await client.call('runs.get', { project, run })).run);
    const each = runs.length / trials.length;
    return trials.map((_, index) => runs.slice(index * each, (index + 1) * each));
  };
  const train = async (stage: Stage, trials: readonly Trial[]) => {
    if (stage !== 'all') {
      const runs = await trainStage(stage, trials);
      if (stage === 'single') trials.forEach((trial, i) => first.set(keyOf(trial), runs[i]![0]!));
      return told(options.output, trials, runs);
    }
    const missing = trials.filter((trial) => !first.has(keyOf(trial)));
    if (missing.length > 0) await train('single', missing);
    const others = plan.seeds.length > 1 ? await trainStage('all', trials) : trials.map(() => []);
    return told(
      options.output,
      trials,
      trials.map((trial, index) => [first.get(keyOf(trial))!, ...others[index]!]),
    );
  };
  return matchL0(plan, train);
}

function keyOf({ objective, coefficient }: Trial): string {
  return `${objective} ${coefficient}`;
}

function words(stage: Stage, trials: readonly Trial[], { seeds }: StudyPlan): string {
  const list = trials.map(keyOf).join(', ');
  if (stage === 'pilot') return `pilots on seed ${seeds[0]}: ${list}`;
  return stage === 'single'
    ? `seed ${seeds[0]} in full: ${list}`
    : `seeds ${seeds.slice(1).join(', ')} in full: ${list}`;
}

function told(
  output: Output,
  trials: readonly Trial[],
  runs: readonly (readonly RunRow[])[],
): Pick<Tried, 'runs' | 'l0'>[] {
  const measured = runs.map((members) => ({
    runs: members.map(({ id }) => id),
    l0: summarise(members.map(heldOutL0)).mean,
  }));
  output.note(
    `Held-out L0: ${trials.map((trial, i) => `${keyOf(trial)} → ${formatNumber(measured[i]!.l0)}`).join(', ')}.`,
  );
  return measured;
}

function heldOutL0({ id, metrics }: RunRow): number {
  const l0 = metrics['l0'];
  if (typeof l0 === 'number') return l0;
  throw new AppError('not-found', `The run ${id} has no L0 on held-out tokens.`, { run: id });
}
