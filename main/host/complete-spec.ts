import type { JobSpec } from '../../shared/domain/job-spec.ts';
import { completeFeatures } from './features-job.ts';
import { completePrediction } from './predictions.ts';
import type { ProjectView } from './project-view.ts';

/** A spec with what it leaves to the project filled in, such as where a dictionary lies. @throws AppError */
export function completeSpec(view: ProjectView, spec: JobSpec): JobSpec {
  if (spec.kind === 'features') return completeFeatures(view, spec);
  if (spec.kind === 'predict') return completePrediction(view, spec);
  return spec;
}
