import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { JobRow } from '../../../shared/contract/jobs.ts';
import type { ReportSection } from '../../../shared/contract/reports.ts';
import type { MetricSummary, RunRow } from '../../../shared/contract/runs.ts';
import type { FitDetail } from '../../../shared/contract/statistics.ts';
import {
  canonicalJson,
  type RegressSpec,
  type TrainSpec,
} from '../../../shared/domain/job-spec.ts';
import { AppError } from '../../../shared/errors.ts';
import { openView } from '../../host/project-view.ts';
import { readRecovery } from '../../host/property-recovery.ts';
import { findDictionary } from '../../host/read-features.ts';
import { readSpec } from '../../host/specs.ts';
import type { Command, CommandContext } from '../cli/command.ts';
import type { Output } from '../cli/output.ts';
import { demoFolder, prepareDemoProject } from '../demo-project.ts';
import { checkSucceeded, followJob } from '../follow-job.ts';
import { findPlaces } from '../places.ts';
import { printDemo, type DemoAnswer } from '../print-demo.ts';
import { fitAnswer } from '../print-fit.ts';
import { withHost, type HostClient } from '../with-host.ts';
import { describeRun, readText } from './run.ts';

export const demo: Command = {
  name: 'demo',
  summary: 'Shows the whole path on the sample project: train, find features, regress, report.',
  parameters: [],
  options: {},
  example: 'assay demo',
  run: runDemo,
};

const reportTitle = 'Demo: what two dictionaries found in a small story model';

/**
 * Does nothing twice: what an earlier demo finished is shown again, and what it left unfinished goes
 * on. Trained again, equal seeds would give equal runs, and the mean over them a false interval.
 */
async function runDemo({ output, signal }: CommandContext): Promise<void> {
  const folder = demoFolder();
  const movedTo = prepareDemoProject(join(findPlaces().resources, 'sample'), folder);
  output.note(`Project: ${folder}, a copy of the sample project.`);
  if (movedTo) output.note(`Results of an older sample were moved to ${movedTo}.`);
  const done = await withHost(output, async (client) => {
    const { id: project } = await client.call('project.open', { path: folder });
    const trained = await train(client, project, specOf(folder, 'train.yaml', 'train'), {
      output,
      signal,
    });
    const fit = await regress(client, project, specOf(folder, 'regress.yaml', 'regress'), output);
    const report = await writeReport(client, project, trained.runs, fit);
    return { ...trained, fit, report: { ...report, path: join(folder, report.path) } };
  });
  const answer: DemoAnswer = {
    project: folder,
    job: done.job,
    runs: done.runs.map(describeRun),
    metrics: done.metrics,
    properties: readProperties(folder, done.runs),
    fit: { id: done.fit.id, ...fitAnswer(done.fit) },
    report: { path: done.report.path, bytes: done.report.bytes, sha256: done.report.sha256 },
    open: existsSync(join(findPlaces().root, 'main', 'bootstrap'))
      ? `npm start -- ${folder}`
      : `assay serve ${folder}`,
  };
  output.answer(answer, () => printDemo(answer, done.fit));
}

function specOf<K extends 'train' | 'regress'>(
  folder: string,
  file: string,
  kind: K,
): (TrainSpec | RegressSpec) & { kind: K } {
  const spec = readSpec(readText(join(folder, file)), file);
  if (spec.kind === kind) return spec as (TrainSpec | RegressSpec) & { kind: K };
  throw new AppError('bad-spec', `${file}: kind must be ${kind} here.`, { file, place: 'kind' });
}

interface Trained {
  readonly job: string;
  readonly runs: readonly RunRow[];
  readonly metrics: Readonly<Record<string, MetricSummary>>;
}

async function train(
  client: HostClient,
  project: string,
  spec: TrainSpec,
  { output, signal }: { output: Output; signal: AbortSignal },
): Promise<Trained> {
  const earlier = await findJob(client, project, spec);
  const job = earlier ?? (await client.call('jobs.submit', { project, spec: { ...spec } }));
  if (earlier?.state === 'succeeded') output.note('The dictionaries are trained already.');
  else {
    const isResumed = earlier?.actions.includes('requeue') ?? false;
    const from = isResumed
      ? await client.call('jobs.act', { project, job: job.id, action: 'requeue' })
      : job;
    const what = `${spec.seeds.length} dictionaries (seeds ${spec.seeds.join(', ')}) on ${spec.hook}`;
    output.note(`${isResumed ? 'Going on with' : 'Training'} ${what} …`);
    checkSucceeded(await followJob(client, project, from, output, signal), 'assay demo');
  }
  const { groups } = await client.call('runs.groups', { project });
  const group = groups.find(({ runs }) => runs.some((run) => run.job === job.id));
  if (!group) throw new AppError('not-found', `The job ${job.id} left no runs.`, { job: job.id });
  const runs = group.runs.filter((run) => run.job === job.id);
  return { job: job.id, runs, metrics: group.metrics };
}

/** The job of an earlier demo with an equal spec. */
async function findJob(
  client: HostClient,
  project: string,
  spec: TrainSpec,
): Promise<JobRow | undefined> {
  for (const job of await client.call('jobs.list', { project })) {
    const [run] = job.runs;
    if (run === undefined || job.runs.length !== spec.seeds.length) continue;
    const detail = await client.call('runs.get', { project, run });
    if (canonicalJson({ ...detail.spec, seeds: spec.seeds }) === canonicalJson(spec)) return job;
  }
  return undefined;
}

async function regress(
  client: HostClient,
  project: string,
  spec: RegressSpec,
  output: Output,
): Promise<FitDetail> {
  for (const { id: fit } of await client.call('fits.list', { project })) {
    const detail = await client.call('fits.get', { project, fit });
    if (detail.name === spec.name && canonicalJson(detail.spec) === canonicalJson(spec))
      return detail;
  }
  output.note(`Fitting ${spec.name} (${spec.table}) …`);
  return client.call('fits.create', { project, spec: { ...spec } });
}

/** The report of these results, written once. */
async function writeReport(
  client: HostClient,
  project: string,
  runs: readonly RunRow[],
  fit: FitDetail,
) {
  const sections = await describe(client, project, runs, fit);
  const reports = await client.call('reports.list', { project });
  const { path: folder } = await client.call('project.open', { path: demoFolder() });
  const written = reports.find(
    ({ title, createdAt, path }) =>
      title === reportTitle && createdAt >= fit.createdAt && existsSync(join(folder, path)),
  );
  return written ?? client.call('reports.create', { project, title: reportTitle, sections });
}

async function describe(
  client: HostClient,
  project: string,
  runs: readonly RunRow[],
  fit: FitDetail,
): Promise<ReportSection[]> {
  const table = await client.call('tables.describe', { project, table: fit.spec.table });
  const dictionaries = runs.flatMap(({ dictionary }) => (dictionary === null ? [] : [dictionary]));
  return [
    {
      kind: 'text',
      title: 'What this is',
      text: about(runs),
    },
    { kind: 'runs', runs: runs.map(({ id }) => id) },
    ...dictionaries.map((dictionary): ReportSection => ({
      kind: 'features',
      dictionary,
      choice: 'best-per-property',
      features: [],
      limit: 50,
    })),
    { kind: 'text', title: `About ${table.path}`, text: table.note ?? 'The table has no note.' },
    { kind: 'fit', fit: fit.id },
  ];
}

function about(runs: readonly RunRow[]): string {
  return `A small language model was trained on made-up stories in which every token has known properties: whether it stands in a quotation, whether the subject is plural, whether the story is told in the past tense, and more. Dictionaries with ${runs.length} seeds were then trained on ${runs[0]?.hook ?? 'its activations'}, without being told of these properties.

Is a feature real? The tables of ground truth below show which properties single features tell on stories that neither the model nor the dictionaries were trained on, and whether both seeds found them.

Is a coefficient real? The regression at the end is fitted to a simulated table whose true coefficients are known.`;
}

function readProperties(folder: string, runs: readonly RunRow[]): DemoAnswer['properties'] {
  const view = openView(folder);
  try {
    return runs.flatMap(({ dictionary, seed }) =>
      dictionary === null
        ? []
        : readRecovery(view, findDictionary(view, dictionary)).map((item) => ({
            dictionary,
            seed,
            ...item,
          })),
    );
  } finally {
    view.close();
  }
}
