import type { FitDetail } from '../../shared/contract/statistics.ts';
import { AppError } from '../../shared/errors.ts';
import { getFit } from '../db/fits.ts';
import type { ProjectView } from './project-view.ts';

/** @throws AppError `not-found` */
export function findFit(view: ProjectView, id: string): FitDetail {
  const fit = getFit(view.db, id);
  if (!fit) throw new AppError('not-found', `There is no fit ${id} in this project.`, { fit: id });
  return fit;
}
