import type { StabilityDetail } from '../../shared/contract/stability.ts';
import { AppError } from '../../shared/errors.ts';
import { getStability } from '../db/stability-studies.ts';
import type { ProjectView } from './project-view.ts';

/** @throws AppError `not-found` */
export function findStability(view: ProjectView, id: string): StabilityDetail {
  const study = getStability(view.db, id);
  if (!study)
    throw new AppError('not-found', `There is no stability study ${id} in this project.`, {
      study: id,
    });
  return study;
}
