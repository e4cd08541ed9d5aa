import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { MetricSummary, RunRow } from '../../../shared/contract/runs.ts';
import type { FitDetail } from '../../../shared/contract/statistics.ts';
import { canonicalJson } from '../../../shared/domain/canonical-json.ts';
import type { RegressSpec, TrainSpec } from '../../../shared/domain/job-spec.ts';
import { AppError } from '../../../shared/errors.ts';
import { openView } from '../../host/project-view.ts';
import { readRecovery } from '../../host/property-recovery.ts';
import { findDictionary } from '../../host/read-features.ts';
import { readText } from '../../formats/documents.ts';
import { readSpec } from '../../host/specs.ts';
import type { Command, CommandContext } from '../cli/command.ts';
import type { Output } from '../cli/output.ts';
import { demoFolder, prepareDemoProject } from '../demo-project.ts';
import { demoSections } from '../demo-sections.ts';
import { ensureJob } from '../ensure-job.ts';
import { findPlaces } from '../places.ts';
import { printDemo, type DemoAnswer } from '../print-demo.ts';
import { fitAnswer } from '../print-fit.ts';
import { withHost, type HostClient } from '../with-host.ts';
import { describeRun } from './run.ts';

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
    const report = await writeReport(client, project, folder, trained.runs, fit);
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
  let isDone = true;
  const job = await ensureJob(client, project, spec, {
    output,
    signal,
    goOn: 'assay demo',
    announce: (isResumed) => {
      isDone = false;
      const what = `${spec.seeds.length} dictionaries (seeds ${spec.seeds.join(', ')}) on ${spec.hook}`;
      output.note(`${isResumed ? 'Going on with' : 'Training'} ${what} …`);
    },
  });
  if (isDone) output.note('The dictionaries are trained already.');
  const { groups } = await client.call('runs.groups', { project });
  const group = groups.find(({ runs }) => runs.some((run) => run.job === job.id));
  if (!group) throw new AppError('not-found', `The job ${job.id} left no runs.`, { job: job.id });
  const runs = group.runs.filter((run) => run.job === job.id);
  return { job: job.id, runs, metrics: group.metrics };
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
  folder: string,
  runs: readonly RunRow[],
  fit: FitDetail,
) {
  const reports = await client.call('reports.list', { project });
  const written = reports.find(
    ({ title, createdAt, path }) =>
      title === reportTitle && createdAt >= fit.createdAt && existsSync(join(folder, path)),
  );
  if (written) return written;
  const table = await client.call('tables.describe', { project, table: fit.spec.table });
  const sections = demoSections(folder, runs, fit, table);
  return client.call('reports.create', { project, title: reportTitle, sections });
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
