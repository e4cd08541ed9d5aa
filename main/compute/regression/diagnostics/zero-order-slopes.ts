import type { FitDiagnostics } from '../../../../shared/contract/fit-diagnostics.ts';
import type { RegressSpec } from '../../../../shared/domain/regress-spec.ts';
import { toExtended } from '../../../../shared/domain/schemas.ts';
import { hasCode } from '../../../../shared/errors.ts';
import { namesIn } from '../../../../shared/formula/formula.ts';
import type { Steps } from '../../steps.ts';
import { fitGaussian } from '../fit-gaussian.ts';
import { fitLikelihood } from '../fit-likelihood.ts';
import { finiteOrNull, type FamilyFit, type PreparedDesign } from '../fit-result.ts';
import { factorise } from '../factorise.ts';
import type { Design } from '../design.ts';
import type { Estimate } from '../least-squares.ts';
import { thresholds } from '../warnings.ts';

type ZeroOrder = FitDiagnostics['zeroOrder'][number];

/** Variables up to which each is fitted alone. */
const fittedAlone = 60;

/**
 * Each numeric variable by itself (with the intercept) beside the same one in the whole fit, fitted the
 * same way. Variables that depend on earlier ones are left out, and those in several terms: the sign of x beside x^2 means
 * something else. A note says what a change of sign or size means; nothing is dropped for it.
 */
export function* zeroOrderSlopes(
  prepared: PreparedDesign,
  spec: RegressSpec,
  together: (column: number) => Estimate | undefined,
): Steps<ZeroOrder[]> {
  const { frame, design } = prepared;
  if (!design.intercept) return [];
  const names = (variable: number): Set<string> => namesIn(frame.formula.variables[variable]!.node);
  const uses = new Map<string, number>();
  for (const { variables } of design.terms)
    for (const name of new Set(variables.flatMap((variable) => [...names(variable)])))
      uses.set(name, (uses.get(name) ?? 0) + 1);
  const single = design.terms.filter(
    ({ columns, variables, hasFactor }) =>
      columns.length === 1 &&
      prepared.kept.includes(columns[0]!) &&
      variables.length === 1 &&
      !hasFactor &&
      [...names(variables[0]!)].every((name) => uses.get(name) === 1),
  );
  const rows: ZeroOrder[] = [];
  for (const { columns } of single.slice(0, fittedAlone)) {
    const column = columns[0]!;
    const alone = yield* fitAlone(prepared, spec, column);
    const whole = together(column);
    rows.push({
      term: design.columns[column]!.name,
      alone: slopeOf(alone),
      together: slopeOf(whole),
      note: noteOf(alone, whole),
    });
  }
  return rows;
}

function* fitAlone(
  { frame, design }: PreparedDesign,
  spec: RegressSpec,
  column: number,
): Steps<Estimate | undefined> {
  const pair = [0, column];
  const small: Design = {
    ...design,
    columns: pair.map((j) => design.columns[j]!),
    terms: [],
    fill: (j, start, count, out, offset) => design.fill(pair[j]!, start, count, out, offset),
    fillPrecise: (j, high, low, offset) => design.fillPrecise(pair[j]!, high, low, offset),
  };
  const names = small.columns.map(({ name }) => name);
  const source = { rows: design.rows, columns: 2, isPlain: () => false, fill: small.fill };
  const whole = yield* factorise(source, names, frame.response.values);
  const ready = { frame, design: small, whole, kept: [0, 1] };
  try {
    const fit: FamilyFit = yield* spec.family === 'gaussian'
      ? fitGaussian(ready, { errors: spec.errors })
      : fitLikelihood(ready, spec);
    return fit.estimates[1];
  } catch (error) {
    if (hasCode(error, 'separation') || hasCode(error, 'no-convergence')) return undefined;
    throw error;
  }
}

function slopeOf(found: Estimate | undefined): ZeroOrder['alone'] {
  if (!found) return { estimate: null, se: null, statistic: null, p: null };
  return {
    estimate: finiteOrNull(found.estimate),
    se: finiteOrNull(found.se),
    statistic: toExtended(found.statistic),
    p: finiteOrNull(found.p),
  };
}

function noteOf(alone: Estimate | undefined, together: Estimate | undefined): string | null {
  if (!together || !Number.isFinite(together.statistic)) return null;
  if (!alone) return 'By itself it separates the outcome, so that fit does not exist.';
  const clear = thresholds.stableSign;
  const [before, now] = [alone.statistic, together.statistic];
  const isClear = Math.abs(now) > clear;
  if (Math.sign(before) !== Math.sign(now) && isClear)
    return Math.abs(before) > clear
      ? 'Its sign turns once the others are held fixed, and both signs are clear: a suppressor, or one that others suppress. It belongs in the model if the question is about it with the others fixed.'
      : 'Its sign is clear only once the others are held fixed: they hide it (suppression). Its small effect alone is no reason to leave it out.';
  if (isClear && Math.abs(together.estimate) > 1.2 * Math.abs(alone.estimate))
    return 'It says more with the others held fixed than alone: they suppress part of its effect.';
  if (Math.abs(before) > clear && !isClear) return 'What it says alone is said by the others too.';
  return null;
}
