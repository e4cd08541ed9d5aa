import type { Steps } from '../../steps.ts';
import { fitPath, type FittedPath, type PathProblem } from './path.ts';
import { checkClasses, weightsOf, type Split } from './split.ts';

export interface ValidationCurve {
  /** Mean held-out deviance at each strength. */
  readonly loss: Float64Array;
  /** Its standard error over folds; null where one fold alone was held out. */
  readonly se: Float64Array | null;
  /** Position of the least loss, and of the largest strength within one error of it. */
  readonly minimum: number;
  readonly chosen: number;
}

/**
 * Held-out deviance along a path's strengths: of each fold in turn (cross-validation), or of the first
 * alone. The error is that of the mean over folds weighted by their rows (glmnet's cvsd).
 * @param problem whose weights are 0 outside the folds
 * @throws AppError `one-class` where a fold leaves one class to fit, `no-convergence`
 */
export function* validatePath(
  problem: PathProblem,
  path: FittedPath,
  split: Split,
  options: { readonly every: boolean; readonly oneStandardError: boolean; readonly label: string },
): Steps<ValidationCurve> {
  const lambdas = Float64Array.from(path.points, ({ lambda }) => lambda);
  const losses: Float64Array[] = [];
  const sizes: number[] = [];
  const count = options.every ? split.folds : 1;
  for (let fold = 1; fold <= count; fold++) {
    const weights = weightsOf(split.part, (part) => part > 0 && part !== fold);
    if (problem.family === 'binomial')
      checkClasses(problem.y, weights, options.label, `all rows without fold ${fold}`);
    const held = weightsOf(split.part, (part) => part === fold);
    for (const steps = fitPath({ ...problem, weights }, () => lambdas, held); ;) {
      const step = steps.next();
      if (step.done) {
        losses.push(Float64Array.from(step.value.points, ({ heldOut }) => heldOut));
        break;
      }
      const done = (fold - 1) * lambdas.length + step.value.done;
      yield { phase: 'cross-validating', done, total: count * lambdas.length };
    }
    sizes.push(held.reduce((n, weight) => n + (weight > 0 ? 1 : 0), 0));
  }
  return summarise(losses, sizes, options.oneStandardError);
}

function summarise(
  losses: readonly Float64Array[],
  sizes: readonly number[],
  oneStandardError: boolean,
): ValidationCurve {
  const length = Math.min(...losses.map((row) => row.length));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const mean = (of: (row: Float64Array) => number) =>
    losses.reduce((sum, row, fold) => sum + (sizes[fold]! / total) * of(row), 0);
  const loss = Float64Array.from({ length }, (_, k) => mean((row) => row[k]!));
  const se =
    losses.length < 2
      ? null
      : loss.map((value, k) =>
          Math.sqrt(mean((row) => (row[k]! - value) ** 2) / (losses.length - 1)),
        );
  let minimum = 0;
  for (let k = 1; k < length; k++) if (loss[k]! < loss[minimum]!) minimum = k;
  const bound = loss[minimum]! + (oneStandardError && se ? se[minimum]! : 0);
  return { loss, se, minimum, chosen: loss.findIndex((value) => value <= bound) };
}
