import type { Design } from './design.ts';
import type { Factorisation } from './factorise.ts';

/** What a variable alone says about the outcome. */
export interface ZeroOrder {
  readonly column: number;
  /** Slope of the outcome on the variable alone, with an intercept. */
  readonly slope: number;
  /** Its t statistic; for a 0/1 outcome close to the score test of the one-variable logistic fit, whose sign it shares. */
  readonly t: number;
}

/**
 * The fit of the outcome on each numeric variable alone, read off the factorisation of all columns:
 * with the intercept first, columns of R without their first row are the centred variables. Only
 * variables that occur in no other term are taken, because the sign of x beside I(x^2) or x:z means
 * something else. Empty where the model has no intercept.
 */
export function zeroOrderFits(
  design: Design,
  whole: Factorisation,
  namesOf: (variable: number) => ReadonlySet<string>,
): ZeroOrder[] {
  if (!design.intercept) return [];
  const uses = new Map<string, number>();
  for (const term of design.terms)
    for (const name of new Set(term.variables.flatMap((variable) => [...namesOf(variable)])))
      uses.set(name, (uses.get(name) ?? 0) + 1);
  const single = design.terms.filter(
    (term) =>
      term.columns.length === 1 &&
      !term.hasFactor &&
      term.variables.length === 1 &&
      [...namesOf(term.variables[0]!)].every((name) => uses.get(name) === 1),
  );
  const { columns: p, r, effects, rows } = whole;
  let total = whole.residualSquares;
  for (let i = 1; i < p; i++) total += effects[i]! ** 2;
  return single.map((term) => {
    const column = term.columns[0]!;
    let squares = 0;
    let product = 0;
    for (let i = 1; i <= column; i++) {
      squares += r[column * p + i]! ** 2;
      product += r[column * p + i]! * effects[i]!;
    }
    const slope = product / squares;
    const rest = Math.max(0, total - slope * product);
    const t = slope / Math.sqrt(rest / (rows - 2) / squares);
    return { column, slope: (slope * whole.scales[column]!) / whole.responseScale, t };
  });
}
