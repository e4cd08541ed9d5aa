import { fitGaussianRefit, momentsOf, type Moments } from './gaussian-refit.ts';
import { LogisticRefitter, type Anchor, type Refit } from './logistic-refit.ts';
import type { L1Weights } from './logistic-task.ts';
import type { RowSet } from './row-set.ts';

export type StudyFamily = 'gaussian' | 'binomial';

/** A penalty before it is known how many rows a refit has. */
export interface StudyPenalty {
  /** Times the rows where `perRow`. */
  readonly strength: number;
  readonly perRow: boolean;
  readonly onIntercept: boolean;
}

/** Fits columns of a row set in either family. */
export class Refitter {
  readonly #family: StudyFamily;
  readonly #columns: number;
  readonly #logistic: LogisticRefitter;
  #moments: Moments | undefined;

  constructor(family: StudyFamily, columns: number) {
    this.#family = family;
    this.#columns = columns;
    this.#logistic = new LogisticRefitter(columns);
  }

  fit(set: RowSet, chosen: readonly number[], penalty: StudyPenalty, anchor?: Anchor): Refit {
    const weights = weightsOf(penalty, set.total);
    if (this.#family === 'binomial') return this.#logistic.fit(set, chosen, weights, anchor);
    if (this.#moments?.set !== set) this.#moments = momentsOf(set, this.#columns);
    return fitGaussianRefit(this.#moments, chosen, weights, this.#columns);
  }

  /** What refits of a study start from; none is needed for gaussian, nor where the full fit failed. */
  anchor(set: RowSet, penalty: StudyPenalty): Anchor | undefined {
    if (this.#family === 'gaussian') return undefined;
    const { refit, anchor } = this.#logistic.anchor(set, weightsOf(penalty, set.total));
    return refit.status === 'fitted' ? anchor : undefined;
  }

  get logistic(): LogisticRefitter {
    return this.#logistic;
  }
}

function weightsOf({ strength, perRow, onIntercept }: StudyPenalty, total: number): L1Weights {
  const slope = perRow ? strength * total : strength;
  return { slope, intercept: onIntercept ? slope : 0 };
}

/** Linear predictor of rows of a study, [order.length], from a refit's coefficients. */
export function predict(
  {
    rows,
    columns,
    x,
  }: { readonly rows: number; readonly columns: number; readonly x: Float64Array },
  order: Uint32Array,
  beta: Float64Array,
): Float64Array {
  const eta = new Float64Array(order.length).fill(beta[0]!);
  for (let j = 0; j < columns; j++) {
    const slope = beta[j + 1]!;
    if (slope === 0) continue;
    const from = j * rows;
    for (let i = 0; i < order.length; i++) eta[i]! += slope * x[from + order[i]!]!;
  }
  return eta;
}
