import type { StabilitySpec } from '../../../../shared/domain/stability-spec.ts';
import { cholesky } from '../../linalg/cholesky.ts';
import { inverseDiagonal, invertUpper } from '../../linalg/triangular.ts';
import type { Refit } from './logistic-refit.ts';
import { predict, Refitter, type StudyFamily, type StudyPenalty } from './refitter.ts';
import { wholeRowSet, type RowSet, type StudyData } from './row-set.ts';

/** Fits of all rows: of all terms and of each alone, with the study's penalty and without. */
export interface ReferenceFits {
  readonly full: Refit;
  /** NaN where undetermined. */
  readonly alone: Float64Array;
  readonly plain: PlainFit;
  readonly plainAlone: Float64Array;
  readonly plainAloneSe: Float64Array;
  /** Residual SD of the full fit (gaussian). */
  readonly sigma: number;
}

/** An unpenalised fit with its standard errors; NaN where there is none. */
export interface PlainFit {
  readonly intercept: number;
  readonly interceptSe: number;
  readonly estimates: Float64Array;
  readonly se: Float64Array;
}

export const noPenalty: StudyPenalty = { strength: 0, perRow: false, onIntercept: false };

export function penaltyOf({ penalty }: Pick<StabilitySpec, 'penalty'>): StudyPenalty {
  if (penalty.kind === 'none') return noPenalty;
  const { convention, strength } = penalty;
  if (convention === 'glmnet') return { strength, perRow: true, onIntercept: false };
  return { strength: 1 / strength, perRow: false, onIntercept: convention === 'liblinear' };
}

export function referenceFits(
  data: StudyData,
  family: StudyFamily,
  penalty: StudyPenalty,
): ReferenceFits {
  const refitter = new Refitter(family, data.columns);
  const set = wholeRowSet(data);
  const all = Array.from({ length: data.columns }, (_, j) => j);
  const full = refitter.fit(set, all, penalty);
  const alone = new Float64Array(data.columns).fill(NaN);
  const plainAlone = new Float64Array(data.columns).fill(NaN);
  const plainAloneSe = new Float64Array(data.columns).fill(NaN);
  for (const j of all) {
    const refit = refitter.fit(set, [j], penalty);
    if (refit.status === 'fitted' && refit.undetermined[j] === 0) alone[j] = refit.beta[j + 1]!;
    const plain = plainFit(refitter, set, data, family, [j]);
    plainAlone[j] = plain.estimates[j]!;
    plainAloneSe[j] = plain.se[j]!;
  }
  return {
    full,
    alone,
    plain: plainFit(refitter, set, data, family, all),
    plainAlone,
    plainAloneSe,
    sigma: family === 'gaussian' ? residualSd(data, full) : 0,
  };
}

/** The fit of some columns without a penalty; what is undetermined or separated is NaN. */
export function plainFit(
  refitter: Refitter,
  set: RowSet,
  data: StudyData,
  family: StudyFamily,
  chosen: readonly number[],
): PlainFit {
  const estimates = new Float64Array(data.columns).fill(NaN);
  const se = new Float64Array(data.columns).fill(NaN);
  const refit = refitter.fit(set, chosen, noPenalty);
  if (refit.status !== 'fitted') return { intercept: NaN, interceptSe: NaN, estimates, se };
  const used = chosen.filter((j) => refit.undetermined[j] === 0);
  for (const j of used) estimates[j] = refit.beta[j + 1]!;
  const k = used.length + 1;
  const h =
    family === 'binomial'
      ? refitter.logistic.information(set, used, refit.beta)
      : crossProducts(set, used, residualSd(data, refit, set.rows - k));
  const r = cholesky(h, k);
  const variances = r ? inverseDiagonal(invertUpper(r, k), k) : new Float64Array(k).fill(NaN);
  used.forEach((j, at) => (se[j] = Math.sqrt(variances[at + 1]!)));
  return { intercept: refit.beta[0]!, interceptSe: Math.sqrt(variances[0]!), estimates, se };
}

function residualSd(data: StudyData, { beta }: Refit, degrees = data.rows - 1): number {
  const order = Uint32Array.from({ length: data.rows }, (_, i) => i);
  const fitted = predict(data, order, beta);
  let sum = 0;
  for (let i = 0; i < data.rows; i++) sum += (data.y[i]! - fitted[i]!) ** 2;
  return degrees > 0 ? Math.sqrt(sum / degrees) : NaN;
}

/** X'X / sigma^2 with the intercept first. */
function crossProducts({ rows, x }: RowSet, used: readonly number[], sigma: number): Float64Array {
  const k = used.length + 1;
  const at = (column: number, row: number): number =>
    column === 0 ? 1 : x[used[column - 1]! * rows + row]!;
  const h = new Float64Array(k * k);
  for (let i = 0; i < k; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += at(i, row) * at(j, row);
      h[i * k + j] = sum / sigma ** 2;
      h[j * k + i] = h[i * k + j]!;
    }
  return h;
}
