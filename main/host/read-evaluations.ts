import * as v from 'valibot';
import type { EvaluationDetail } from '../../shared/contract/evaluations.ts';
import { evaluationSpecSchema, type EvaluationSpec } from '../../shared/domain/evaluation.ts';
import { AppError } from '../../shared/errors.ts';
import { getEvaluation } from '../db/evaluations.ts';
import type { ProjectView } from './project-view.ts';

/** @throws AppError `not-found` */
export function findEvaluation(view: Pick<ProjectView, 'db'>, id: string): EvaluationDetail {
  const evaluation = getEvaluation(view.db, id);
  if (!evaluation)
    throw new AppError('not-found', `There is no comparison ${id} in this project.`, {
      evaluation: id,
    });
  return evaluation;
}

/** @throws AppError `bad-spec` naming the field. */
export function parseEvaluationSpec(document: unknown): EvaluationSpec {
  const parsed = v.safeParse(evaluationSpecSchema, document);
  if (parsed.success) return parsed.output;
  const place = v.getDotPath(parsed.issues[0]) ?? 'spec';
  throw new AppError('bad-spec', `The comparison: ${place}: ${parsed.issues[0].message}.`, {
    place,
  });
}
