import type { JobRecord } from '../../shared/domain/job-record.ts';
import { AppError } from '../../shared/errors.ts';
import type { Reader } from '../db/connection.ts';
import { getJob } from '../db/jobs.ts';
import { openReader } from '../db/open.ts';
import { jobFolder } from '../jobs/job-folder.ts';
import { databaseFile, folderName, realFolder } from './paths.ts';

/** What can be read of a project, whether this process has it open or another one has. */
export interface ProjectView {
  readonly path: string;
  readonly name: string;
  readonly db: Reader;
  /** Milliseconds that a job has worked so far. */
  workedOf(job: JobRecord): number;
}

export interface OpenedView extends ProjectView {
  close(): void;
}

/** Opens a project for reading only, beside the app that may have it open. @throws AppError */
export function openView(folder: string): OpenedView {
  const path = realFolder(folder);
  const db = openReader(databaseFile(path));
  return {
    path,
    name: folderName(path),
    db,
    workedOf: (job) => job.worked,
    close: () => db.close(),
  };
}

export function folderOf(view: ProjectView, job: string): string {
  return jobFolder(view.path, job);
}

/** @throws AppError `not-found` */
export function findJob(view: ProjectView, id: string): JobRecord {
  const job = getJob(view.db, id);
  if (!job) throw new AppError('not-found', `There is no job ${id} in this project.`, { job: id });
  return job;
}
