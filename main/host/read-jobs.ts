import type { JobRow } from '../../shared/contract/jobs.ts';
import { allowedActions } from '../../shared/domain/job-state.ts';
import { runIdsByJob } from '../db/runs.ts';
import { findJob, type ProjectView } from './project-view.ts';
import { problemJson } from './scan/finding.ts';

/** A job as the database tells of it, for a reader that does not run it. @throws AppError `not-found` */
export function readJob(view: ProjectView, id: string): JobRow {
  const {
    kind,
    name,
    state,
    createdAt,
    startedAt,
    endedAt,
    attempt,
    progress,
    error,
    checkpointStep,
  } = findJob(view, id);
  return {
    id,
    kind,
    name,
    state,
    actions: allowedActions(state),
    createdAt,
    startedAt,
    endedAt,
    attempt,
    progress,
    error: error && problemJson(error),
    checkpointStep,
    runs: runIdsByJob(view.db).get(id) ?? [],
  };
}
