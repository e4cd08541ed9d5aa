import type { Steps } from '../../steps.ts';
import type { Strengths } from './conventions.ts';
import type { NetProblem, NetSolution } from './gaussian-net.ts';

/** Share of the deviance beyond which a path ends, as in glmnet: what follows is separation or noise. */
const enough = 0.999;

/** The strengths of a path: from the one that makes all slopes zero down, in equal ratios (glmnet). */
export function pathStrengths(
  largestGradient: number,
  alpha: number,
  length: number,
  isWide: boolean,
): Float64Array {
  const largest = largestGradient / Math.max(alpha, 1e-3);
  const ratio = isWide ? 1e-2 : 1e-4;
  return Float64Array.from({ length }, (_, k) => largest * ratio ** (k / Math.max(1, length - 1)));
}

/** Solutions along falling strengths, each started from the last one; may end early. */
export function* solvePath(
  problem: NetProblem,
  lambdas: Float64Array,
  strengthsAt: (lambda: number) => Strengths,
  endsEarly: boolean,
): Steps<NetSolution[]> {
  const solutions: NetSolution[] = [];
  for (const [k, lambda] of lambdas.entries()) {
    const { l1, l2 } = strengthsAt(lambda);
    solutions.push(yield* problem.solve(l1, l2, solutions[k - 1]));
    if (endsEarly && deviancePart(problem, solutions[k]!) > enough) break;
  }
  return solutions;
}

/** Share of the null deviance that a solution explains. */
export function deviancePart(problem: NetProblem, { deviance }: NetSolution): number {
  return problem.nullDeviance > 0 ? 1 - deviance / problem.nullDeviance : 0;
}
