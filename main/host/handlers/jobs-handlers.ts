import type { JobEstimate } from '../../../shared/contract/jobs.ts';
import type { JobRecord } from '../../../shared/domain/job-record.ts';
import type { JobSpec } from '../../../shared/domain/job-spec.ts';
import { AppError } from '../../../shared/errors.ts';
import { listJobs } from '../../db/jobs.ts';
import { listRunsOfJob, runIdsByJob } from '../../db/runs.ts';
import type { QueryService } from '../../jobs/query-service.ts';
import { ask } from '../ask.ts';
import { completeSpec } from '../complete-spec.ts';
import { jobRow, readLog } from '../job-rows.ts';
import type { Project } from '../project.ts';
import type { Projects } from '../projects.ts';
import { problemJson } from '../scan/finding.ts';
import { checkFilesOfSpec, readSpec, readSpecText } from '../specs.ts';
import type { HandlerGroup } from './group.ts';

export function jobsHandlers(projects: Projects, queries: QueryService): HandlerGroup<'jobs'> {
  return {
    'jobs.check': async ({ project, spec }, { signal }) => {
      const opened = await projects.get(project);
      const { path } = opened;
      let checked: JobSpec | null = null;
      try {
        checked = completeSpec(opened, readSpec(spec, 'spec', path));
        checkFilesOfSpec(checked, path);
        const estimate = await estimateJob(queries, path, checked, signal);
        return { spec: { ...checked }, estimate, problem: null };
      } catch (error) {
        if (!(error instanceof AppError) || error.code === 'cancelled') throw error;
        const problem = problemJson(error.toJSON());
        return { spec: checked && { ...checked }, estimate: null, problem };
      }
    },
    'jobs.readSpec': async ({ project, path }) => {
      const { path: folder } = await projects.get(project);
      return { text: readSpecText(folder, path) };
    },
    'jobs.submit': async ({ project, spec }) => {
      const opened = await projects.get(project);
      const checked = completeSpec(opened, readSpec(spec, 'spec', opened.path));
      checkFilesOfSpec(checked, opened.path);
      const job = opened.jobs.submit(checked);
      opened.changed('jobs');
      opened.changed('runs');
      return rowOf(opened, job);
    },
    'jobs.list': async ({ project }) => {
      const opened = await projects.get(project);
      const runs = runIdsByJob(opened.db);
      return listJobs(opened.db).map((job) => jobRow(job, runs.get(job.id) ?? [], opened.jobs));
    },
    'jobs.get': async ({ project, job }) => {
      const opened = await projects.get(project);
      return rowOf(opened, opened.jobs.get(job));
    },
    'jobs.act': async ({ project, job, action }) => {
      const opened = await projects.get(project);
      return rowOf(opened, opened.jobs.act(job, action));
    },
    'jobs.log': async ({ project, job, after, limit }) => {
      const opened = await projects.get(project);
      return readLog(opened.folderOf(opened.jobs.get(job).id), after, limit);
    },
  };
}

async function estimateJob(
  queries: QueryService,
  projectPath: string,
  spec: JobSpec,
  signal: AbortSignal,
): Promise<JobEstimate | null> {
  if (spec.kind !== 'train') return null;
  return ask(queries, 'estimate', { projectPath, spec }, { signal });
}

function rowOf(project: Project, job: JobRecord) {
  const runs = listRunsOfJob(project.db, job.id).map(({ id }) => id);
  return jobRow(job, runs, project.jobs);
}
