import { listPredictions, offeredLabels, readPrediction } from '../predictions.ts';
import type { Projects } from '../projects.ts';
import type { HandlerGroup } from './group.ts';

export function predictionsHandlers(projects: Projects): HandlerGroup<'predictions'> {
  return {
    'predictions.list': async ({ project }) => listPredictions(await projects.get(project)),
    'predictions.get': async ({ project, job }) => readPrediction(await projects.get(project), job),
    'predictions.labels': async ({ project, dictionary }) =>
      offeredLabels(await projects.get(project), dictionary),
  };
}
