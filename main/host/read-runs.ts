import * as v from 'valibot';
import type { RunDetail } from '../../shared/contract/runs.ts';
import { allowedActions } from '../../shared/domain/job-state.ts';
import { AppError } from '../../shared/errors.ts';
import { listJobs } from '../db/jobs.ts';
import {
  artifactsOf,
  getRun,
  listRuns,
  metricNames,
  metricsOf,
  metricsOfAll,
  type StoredRun,
} from '../db/runs.ts';
import { readProvenance } from '../jobs/provenance.ts';
import { findJob, folderOf, type ProjectView } from './project-view.ts';
import { groupRuns, runRow, specOfRun, type GroupedRuns } from './run-groups.ts';
import { problemJson } from './scan/finding.ts';

/**
 * All runs of a project in groups of replicates.
 * @param names of the metrics that the groups carry; null for all.
 */
export function readGroups(
  view: ProjectView,
  search: string,
  names: readonly string[] | null = null,
): GroupedRuns {
  const jobs = new Map(listJobs(view.db).map((job) => [job.id, job]));
  const metrics = metricsOfAll(view.db, names);
  const sources = listRuns(view.db).map((run) => {
    const job = jobs.get(run.job)!;
    return { run, job, metrics: metrics.get(run.id) ?? {}, worked: view.workedOf(job) };
  });
  return { ...groupRuns(sources, search), metricNames: metricNames(view.db) };
}

/** @throws AppError `not-found` */
export function readRun(view: ProjectView, id: string): RunDetail {
  const run = findRun(view, id);
  const job = findJob(view, run.job);
  const metrics = metricsOf(view.db, id);
  const provenance = readProvenance(folderOf(view, run.job));
  const siblings = listRuns(view.db).filter(
    (other) => other.groupKey === run.groupKey && other.id !== id,
  );
  return {
    run: runRow({ run, job, metrics, worked: view.workedOf(job) }),
    spec: specOf(view, run),
    jobActions: allowedActions(job.state),
    jobError: job.error && problemJson(job.error),
    provenance,
    importNotes: importNotesOf(provenance, id),
    artifacts: artifactsOf(view.db, run),
    notes: run.notes,
    siblings: siblings.map((sibling) => ({ id: sibling.id, seed: sibling.seed })),
  };
}

export function findRun(view: ProjectView, id: string): StoredRun {
  const run = getRun(view.db, id);
  if (!run) throw new AppError('not-found', `There is no run ${id} in this project.`, { run: id });
  return run;
}

/** The spec that trains a run again; with it the others of its pass, without which it cannot be. */
export function specToRepeat(view: ProjectView, run: StoredRun): Record<string, unknown> {
  const { spec } = findJob(view, run.job);
  if (spec.kind !== 'train' || spec.pathway !== 'joint') return specOf(view, run);
  return { ...spec, seeds: [run.seed] };
}

/** The spec of one run; see `specOfRun`. */
export function specOf(view: ProjectView, run: StoredRun): Record<string, unknown> {
  return specOfRun(run, findJob(view, run.job));
}

/** What an import says of one run in provenance.json. */
function importNotesOf(provenance: Record<string, unknown>, run: string): string[] {
  const parsed = v.safeParse(importedProvenance, provenance['imported']);
  if (!parsed.success) return [];
  return parsed.output.notes.flatMap((entry) => (entry.run === run ? entry.notes : []));
}

const importedProvenance = v.object({
  notes: v.array(v.object({ run: v.string(), notes: v.array(v.string()) })),
});
