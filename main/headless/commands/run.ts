import { dirname, resolve } from 'node:path';
import type { JobRow } from '../../../shared/contract/jobs.ts';
import type { RunRow } from '../../../shared/contract/runs.ts';
import { readText } from '../../formats/documents.ts';
import { openView } from '../../host/project-view.ts';
import { readJob } from '../../host/read-jobs.ts';
import { readSpec } from '../../host/specs.ts';
import { textValue, type Command, type CommandContext } from '../cli/command.ts';
import type { Output } from '../cli/output.ts';
import { usage } from '../cli/run-cli.ts';
import { textTable } from '../cli/text-table.ts';
import { newestStability } from '../newest-stability.ts';
import { printStability } from '../print-stability.ts';
import { checkSucceeded, followJob } from '../follow-job.ts';
import { withHost, type HostClient } from '../with-host.ts';

export const run: Command = {
  name: 'run',
  summary: 'Does the job that a spec describes and keeps its results in a project.',
  parameters: ['[SPEC]'],
  options: {
    project: { type: 'string', value: 'DIR', help: 'project folder; the current one by default' },
    resume: { type: 'string', value: 'JOB', help: 'go on with an ended job instead of a new one' },
  },
  example: 'assay run specs/layer-6.yaml --project ~/experiments/gpt2-saes',
  run: runJob,
};

async function runJob({ parameters, values, output, signal }: CommandContext): Promise<void> {
  const resumed = textValue(values, 'resume');
  if ((parameters[0] === undefined) === (resumed === undefined))
    throw usage('Give either a SPEC or --resume JOB. See assay run --help.');
  const spec = parameters[0] === undefined ? undefined : readChecked(parameters[0]);
  await withHost(output, async (client) => {
    const path = resolve(textValue(values, 'project') ?? '.');
    const { id: project } = await client.call('project.open', { path });
    const job =
      spec === undefined
        ? await client.call('jobs.act', { project, job: resumed!, action: 'requeue' })
        : await client.call('jobs.submit', { project, spec });
    const ended = await followJob(client, project, job, output, signal);
    const goOn = `assay run --resume ${job.id} --project ${quoted(path)}`;
    if (ended.state === 'cancelled') {
      // Closing waits for the worker, which is writing its checkpoint.
      await client.call('project.close', { project });
      checkSucceeded(readEnded(path, job.id), goOn);
    }
    checkSucceeded(ended, goOn);
    await answer(client, project, ended, output);
  });
}

/** A checked spec; what is wrong with it is told by the name of its file. @throws AppError */
function readChecked(path: string): Record<string, unknown> {
  return { ...readSpec(readText(path), path, dirname(path)) };
}

function readEnded(path: string, job: string): JobRow {
  const view = openView(path);
  try {
    return readJob(view, job);
  } finally {
    view.close();
  }
}

/** As a shell reads it. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

async function answer(
  client: HostClient,
  project: string,
  job: JobRow,
  output: Output,
): Promise<void> {
  if (job.kind === 'stability') {
    const study = await newestStability(client, project);
    return output.answer({ job: job.id, studies: [study.id] }, () => printStability(study));
  }
  const details = await Promise.all(
    job.runs.map((id) => client.call('runs.get', { project, run: id })),
  );
  const runs = details.map(({ run: row }) => describeRun(row));
  const fits = job.kind === 'regress' ? await client.call('fits.list', { project }) : [];
  const newest = fits.slice(0, 1);
  output.answer({ job: job.id, runs, ...(newest.length > 0 ? { fits: newest } : {}) }, () =>
    job.kind === 'regress'
      ? `fit ${newest[0]?.id} is in the project; show it with: assay show ${newest[0]?.id}`
      : job.kind === 'predict'
        ? `the prediction of ${job.id} is in the project`
        : runsTable(runs),
  );
}

/** A run as `assay run` and `assay demo` answer it. */
export function describeRun({ id, state, seed, dictionary, hook, metrics }: RunRow) {
  return { id, state, seed, dictionary, hook, metrics };
}

function runsTable(runs: readonly ReturnType<typeof describeRun>[]): string {
  const names = ['l0', 'explainedVariance', 'mse', 'ceIncrease', 'kl', 'alive'].filter((name) =>
    runs.some(({ metrics }) => name in metrics),
  );
  return textTable([
    ['run', 'seed', 'dictionary', ...names],
    ...runs.map(({ id, seed, dictionary, metrics }) => [
      id,
      seed,
      dictionary,
      ...names.map((name) => metrics[name] ?? null),
    ]),
  ]);
}
