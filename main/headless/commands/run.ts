import { resolve } from 'node:path';
import { connect, type Client } from '../../../shared/contract/connect.ts';
import { contract, type AssayContract } from '../../../shared/contract/index.ts';
import type { JobRow } from '../../../shared/contract/jobs.ts';
import { createPair } from '../../../shared/contract/pair.ts';
import type { RunRow } from '../../../shared/contract/runs.ts';
import { serve } from '../../../shared/contract/serve.ts';
import { isEnded } from '../../../shared/domain/job-state.ts';
import { AppError, errorFromJson } from '../../../shared/errors.ts';
import type { Host } from '../../host/create-host.ts';
import { openView } from '../../host/project-view.ts';
import { readJob } from '../../host/read-jobs.ts';
import { readSpec } from '../../host/specs.ts';
import { readText } from '../../formats/documents.ts';
import { textValue, type Command, type CommandContext } from '../cli/command.ts';
import type { Output } from '../cli/output.ts';
import { usage } from '../cli/run-cli.ts';
import { textTable } from '../cli/text-table.ts';
import { createHeadlessHost } from '../headless-host.ts';

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
  const host = createHeadlessHost({ log: (_level, message) => output.note(message) });
  try {
    const client = connectTo(host, output);
    const path = resolve(textValue(values, 'project') ?? '.');
    const { id: project } = await client.call('project.open', { path });
    const job =
      spec === undefined
        ? await client.call('jobs.act', { project, job: resumed!, action: 'requeue' })
        : await client.call('jobs.submit', { project, spec });
    const ended = await follow(client, project, job, output, signal);
    if (ended.state === 'cancelled') {
      // Closing waits for the worker, which is writing its checkpoint.
      await client.call('project.close', { project });
      throw stopped(path, ended.id);
    }
    await answer(client, project, ended, output);
  } finally {
    await host.close();
  }
}

/** The same calls that a page makes, without anything in between. */
function connectTo(host: Host, output: Output): Client<AssayContract> {
  const [near, far] = createPair();
  serve(contract, host.service, far, (_id, operation, error) =>
    output.note(`${operation}: ${error instanceof Error ? error.stack : String(error)}`),
  );
  return connect(contract, near);
}

/** Waits for the end of a job and shows how far it is; Ctrl-C stops it with a checkpoint. */
async function follow(
  client: Client<AssayContract>,
  project: string,
  submitted: JobRow,
  output: Output,
  signal: AbortSignal,
): Promise<JobRow> {
  const { id: job } = submitted;
  const cancel = () => {
    output.note('Stopping; a checkpoint is being written. Ctrl-C again stops at once.');
    client.call('jobs.act', { project, job, action: 'cancel' }).catch(() => undefined);
  };
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  let stop: () => void = () => undefined;
  try {
    await new Promise<void>((done, fail) => {
      let told: string | undefined;
      const look = (row: JobRow) => {
        if (row.id !== job) return;
        if (isEnded(row.state)) return done();
        if (row.state === 'paused' && row.error && row.error.message !== told)
          output.note(`${(told = row.error.message)} The job waits; Ctrl-C stops it.`);
        if (row.progress) output.progress(row.progress);
      };
      const read = () => client.call('jobs.get', { project, job }).then(look, fail);
      stop = client.subscribe(
        'jobs.changed',
        { project },
        { event: look, missed: () => void read(), failed: fail },
      );
      void read();
    });
  } finally {
    stop();
    signal.removeEventListener('abort', cancel);
  }
  return client.call('jobs.get', { project, job });
}

async function answer(
  client: Client<AssayContract>,
  project: string,
  job: JobRow,
  output: Output,
): Promise<void> {
  if (job.state !== 'succeeded') throw failure(job);
  const details = await Promise.all(
    job.runs.map((id) => client.call('runs.get', { project, run: id })),
  );
  const runs = details.map(({ run: row }) => describeRun(row));
  const fits = job.kind === 'regress' ? await client.call('fits.list', { project }) : [];
  const newest = fits.slice(0, 1);
  output.answer({ job: job.id, runs, ...(newest.length > 0 ? { fits: newest } : {}) }, () =>
    job.kind === 'regress'
      ? `fit ${newest[0]?.id} is in the project; show it with: assay show ${newest[0]?.id}`
      : runsTable(runs),
  );
}

/** What Ctrl-C ends with: how to go on, and from where. */
function stopped(path: string, id: string): AppError {
  const view = openView(path);
  try {
    const { checkpointStep } = readJob(view, id);
    const from = checkpointStep === null ? 'its beginning' : `step ${checkpointStep}`;
    return new AppError(
      'cancelled',
      `The job was stopped. Go on from ${from} with: assay run --resume ${id} --project ${quoted(path)}`,
      { job: id, checkpointStep },
    );
  } finally {
    view.close();
  }
}

/** As a shell reads it. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

function failure(job: JobRow): AppError {
  const error = job.error && errorFromJson(job.error);
  if (!error) return new AppError('worker-crashed', `The job is ${job.state}.`, { job: job.id });
  return new AppError(error.code, error.message, { ...error.details, job: job.id });
}

function describeRun({ id, state, seed, dictionary, hook, metrics }: RunRow) {
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

/** The text of a spec; what is wrong with it is told by the name of its file. @throws AppError */
function readChecked(path: string): string {
  const text = readText(path);
  readSpec(text, path);
  return text;
}
