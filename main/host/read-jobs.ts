import type { JobRow } from '../../shared/contract/jobs.ts';
import { runIdsByJob } from '../db/runs.ts';
import { jobRow } from './job-rows.ts';
import { findJob, type ProjectView } from './project-view.ts';

/** A job as the database tells of it, for a reader that does not run it. @throws AppError `not-found` */
export function readJob(view: ProjectView, id: string): JobRow {
  return jobRow(findJob(view, id), runIdsByJob(view.db).get(id) ?? []);
}
