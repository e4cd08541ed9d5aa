import type { RunRow } from '../../../shared/contract/runs.ts';
import { summarise } from '../../../shared/stats/summary.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Output } from '../cli/output.ts';
import { formatNumber } from '../cli/text-table.ts';
import { ensureJob } from '../ensure-job.ts';
import type { HostClient } from '../with-host.ts';
import { matchL0, type Match, type Stage, type Trial, type Tried } from './match-l0.ts';
import { stageParts, stageSpec, type StagePart, type StudyPlan } from './study-plan.ts';

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
  const trainPart = async (stage: Stage, part: StagePart): Promise<RunRow[]> => {
    const job = await ensureJob(client, project, stageSpec(plan, stage, part), {
      ...options,
      announce: (isResumed) => {
        const doing = isResumed ? 'Going on with' : 'Training';
        options.output.note(`${doing} ${words(stage, part)} …`);
      },
    });
    return Promise.all(
      job.runs.map(async (run) => (await client.call('runs.get', { project, run })).run),
    );
  };
  const trainStage = async (stage: Stage, trials: readonly Trial[]): Promise<RunRow[][]> => {
    const byTrial = new Map(trials.map((trial): [Trial, RunRow[]] => [trial, []]));
    for (const part of stageParts(plan, stage, trials)) {
      const runs = await trainPart(stage, part);
      part.trials.forEach((trial, index) => {
        const { length } = part.seeds;
        byTrial.get(trial)!.push(...runs.slice(index * length, (index + 1) * length));
      });
    }
    return [...byTrial.values()];
  };
  const train = async (stage: Stage, trials: readonly Trial[]) => {
    if (stage !== 'all') {
      const runs = await trainStage(stage, trials);
      if (stage === 'single') trials.forEach((trial, i) => first.set(keyOf(trial), runs[i]![0]!));
      return told(options.output, trials, runs);
    }
    const missing = trials.filter((trial) => !first.has(keyOf(trial)));
    if (missing.length > 0) await train('single', missing);
    const others = await trainStage('all', trials);
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

function words(stage: Stage, { trials, seeds }: StagePart): string {
  const what = `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;
  const list = trials.map(keyOf).join(', ');
  return stage === 'pilot' ? `pilots on ${what}: ${list}` : `${what} in full: ${list}`;
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
