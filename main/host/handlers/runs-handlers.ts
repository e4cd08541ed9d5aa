import { replicateSpec } from '../../../shared/domain/job-spec.ts';
import { allowedActions } from '../../../shared/domain/job-state.ts';
import { AppError } from '../../../shared/errors.ts';
import type { RunDetail } from '../../../shared/contract/runs.ts';
import { listJobs } from '../../db/jobs.ts';
import { readSeries } from '../../db/points.ts';
import {
  artifactsOf,
  getRun,
  listRuns,
  metricsOf,
  metricsOfAll,
  setRunLabel,
  type StoredRun,
} from '../../db/runs.ts';
import { readProvenance } from '../../jobs/provenance.ts';
import { findChanges } from '../input-changes.ts';
import type { Project } from '../project.ts';
import type { Projects } from '../projects.ts';
import { groupRuns, runRow, type GroupedRuns } from '../run-groups.ts';
import { findDifferences } from '../spec-differences.ts';
import { problemJson } from '../scan/finding.ts';
import type { HandlerGroup } from './group.ts';

export function runsHandlers(projects: Projects): HandlerGroup<'runs'> {
  return {
    'runs.groups': async ({ project, search }) => readGroups(await projects.get(project), search),
    'runs.get': async ({ project, run }) => readRun(await projects.get(project), run),
    'runs.series': async ({ project, runs, ...window }) => {
      const opened = await projects.get(project);
      opened.jobs.flushPoints();
      return runs.map((id) => ({
        run: findRun(opened, id).id,
        series: readSeries(opened.db, id, window),
      }));
    },
    'runs.setLabel': async ({ project, run, label, notes }) => {
      const opened = await projects.get(project);
      setRunLabel(opened.db, findRun(opened, run).id, label, notes);
      opened.changed('runs');
      return null;
    },
    'runs.diff': async ({ project, runs }) => {
      const opened = await projects.get(project);
      return findDifferences(runs.map((id) => specOf(opened, findRun(opened, id))));
    },
    'runs.again': async ({ project, run }) => {
      const opened = await projects.get(project);
      const found = findRun(opened, run);
      const provenance = readProvenance(opened.folderOf(found.job));
      return {
        spec: specOf(opened, found),
        differences: await findChanges(opened.path, provenance),
      };
    },
  };
}

/** All runs of a project in groups of replicates. */
export function readGroups(project: Project, search: string): GroupedRuns {
  const jobs = new Map(listJobs(project.db).map((job) => [job.id, job]));
  const metrics = metricsOfAll(project.db);
  const sources = listRuns(project.db).map((run) => {
    const job = jobs.get(run.job)!;
    return { run, job, metrics: metrics.get(run.id) ?? {}, worked: project.jobs.workedOf(job) };
  });
  return groupRuns(sources, search);
}

/** @throws AppError `not-found` */
export function readRun(project: Project, id: string): RunDetail {
  const run = findRun(project, id);
  const job = project.jobs.get(run.job);
  const metrics = metricsOf(project.db, id);
  const siblings = listRuns(project.db).filter(
    (other) => other.groupKey === run.groupKey && other.id !== id,
  );
  return {
    run: runRow({ run, job, metrics, worked: project.jobs.workedOf(job) }),
    spec: specOf(project, run),
    jobActions: allowedActions(job.state),
    jobError: job.error && problemJson(job.error),
    provenance: readProvenance(project.folderOf(run.job)),
    artifacts: artifactsOf(project.db, run),
    notes: run.notes,
    siblings: siblings.map((sibling) => ({ id: sibling.id, seed: sibling.seed })),
  };
}

export function findRun(project: Project, id: string): StoredRun {
  const run = getRun(project.db, id);
  if (!run) throw new AppError('not-found', `There is no run ${id} in this project.`, { run: id });
  return run;
}

/** The spec of one run: its job's with its own seed alone. */
function specOf(project: Project, run: StoredRun): Record<string, unknown> {
  const { spec } = project.jobs.get(run.job);
  return spec.kind === 'train' ? { ...replicateSpec(spec, run.seed) } : { ...spec };
}
