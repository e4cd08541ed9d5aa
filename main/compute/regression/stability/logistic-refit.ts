import { correctCurvature, LogisticTask, type L1Weights } from './logistic-task.ts';
import { addColumns, dot, scoreColumns } from './refit-sums.ts';
import type { RowSet } from './row-set.ts';
import { independentColumns, SignSearch } from './sign-search.ts';

export type RefitStatus = 'fitted' | 'one-class' | 'separated' | 'no-convergence';

export interface Refit {
  readonly status: RefitStatus;
  /** [p + 1], the intercept first; 0 for columns that are not in the refit. */
  readonly beta: Float64Array;
  /** [p]: 1 for a column of the refit that its rows or its other columns leave undetermined. */
  readonly undetermined: Uint8Array;
}

/** A fit of all columns to all rows: what refits start from. All with the intercept first. */
export interface Anchor {
  readonly beta: Float64Array;
  /** Gradient of the log-likelihood, [p + 1]. */
  readonly score: Float64Array;
  /** Its negative second derivatives, [p + 1, p + 1]. */
  readonly information: Float64Array;
  /** Rows that it was made of. */
  readonly total: number;
}

/**
 * Part of the number of rows below which the optimality conditions count as met: coefficients of
 * standardised columns are then right to about 1e-9, and 1e-7 in one refit of many.
 */
const tolerance = 1e-10;
const refitTolerance = 1e-8;
const maximumIterations = 80;
/** A step must shrink the violation at least by this, or the second derivatives are made anew. */
const shrinks = 0.2;

/**
 * L1-penalised and plain logistic regression for many refits of one study, exact to rounding: Newton's
 * steps under the penalty (Lee, Lee, Abbeel & Ng 2006), each solved by {@link SignSearch}. The second
 * derivatives come from the anchor, corrected after each step (Broyden, Fletcher, Goldfarb & Shanno),
 * and are calculated from the rows only where that does not bring the refit on. A refit that will not
 * come on is begun again with damped steps.
 */
export class LogisticRefitter {
  readonly #columns: number;
  readonly #search: SignSearch;
  #eta = new Float64Array(0);
  #residual = new Float64Array(0);
  #curvature = new Float64Array(0);
  #product = new Float64Array(0);
  readonly #used: Int32Array;
  /** Summed loss at the last evaluation; only where it was asked for. */
  #loss = 0;

  constructor(columns: number) {
    this.#columns = columns;
    this.#search = new SignSearch(columns + 1);
    this.#used = new Int32Array(columns + 1);
  }

  /** @param chosen columns of the refit, rising */
  fit(set: RowSet, chosen: readonly number[], penalty: L1Weights, anchor?: Anchor): Refit {
    const undetermined = new Uint8Array(this.#columns);
    const beta = new Float64Array(this.#columns + 1);
    if (hasOneClass(set)) return { status: 'one-class', beta, undetermined };
    for (const j of chosen) if (set.constant[j] === 1) undetermined[j] = 1;
    let used = chosen.filter((j) => undetermined[j] === 0);
    this.#makeRoom(set.rows);
    if (penalty.slope === 0) {
      const kept = this.#independent(set, used);
      for (const j of used) if (!kept.includes(j)) undetermined[j] = 1;
      used = kept;
    }
    const task = new LogisticTask(set, used, penalty);
    let status = this.#descend(task, anchor, false);
    if (status !== 'fitted') {
      task.reset();
      status = this.#descend(task, undefined, true);
    }
    task.write(beta);
    return { status, beta, undetermined };
  }

  /** The fit of all columns with its derivatives, for the others to start from. */
  anchor(set: RowSet, penalty: L1Weights): { refit: Refit; anchor: Anchor } {
    const all = Array.from({ length: this.#columns }, (_, j) => j);
    const refit = this.fit(set, all, penalty);
    const task = new LogisticTask(set, all, penalty);
    task.read(refit.beta);
    this.#evaluate(task, false);
    this.#informationOf(task);
    const { score, h } = task;
    const anchor = { beta: refit.beta, score, information: h, total: set.total };
    return { refit, anchor };
  }

  /** The information matrix of columns at given coefficients, the intercept first, [k, k]. */
  information(set: RowSet, chosen: readonly number[], beta: Float64Array): Float64Array {
    this.#makeRoom(set.rows);
    const task = new LogisticTask(set, chosen, { slope: 0, intercept: 0 });
    task.read(beta);
    this.#evaluate(task, false);
    this.#informationOf(task);
    return task.h;
  }

  #makeRoom(rows: number): void {
    if (this.#eta.length >= rows) return;
    this.#eta = new Float64Array(rows);
    this.#residual = new Float64Array(rows);
    this.#curvature = new Float64Array(rows);
    this.#product = new Float64Array(rows);
  }

  /** Columns that have a coefficient of their own beside the intercept and those before them. */
  #independent(set: RowSet, used: readonly number[]): number[] {
    const task = new LogisticTask(set, used, { slope: 0, intercept: 0 });
    this.#evaluate(task, false);
    this.#informationOf(task);
    return independentColumns(task.h, task.k).flatMap((at) => (at === 0 ? [] : used[at - 1]!));
  }

  #descend(task: LogisticTask, anchor: Anchor | undefined, isCareful: boolean): RefitStatus {
    const { k, beta, score, h, lambda } = task;
    const limit = (anchor ? refitTolerance : tolerance) * task.set.total;
    const before = { beta: new Float64Array(k), score: new Float64Array(k) };
    const c = new Float64Array(k);
    let isFresh = false;
    if (anchor) this.#startFrom(task, anchor, c);
    let violation = this.#evaluate(task, isCareful);
    let objective = this.#loss + task.penalty();
    if (!anchor) {
      this.#informationOf(task);
      isFresh = true;
    }
    let lastMove = Infinity;
    for (let iteration = 0; iteration < maximumIterations; iteration++) {
      if (violation <= limit && (task.isPenalised || lastMove < 1e-5)) return 'fitted';
      before.beta.set(beta);
      before.score.set(score);
      for (let i = 0; i < k; i++) {
        let sum = score[i]!;
        for (let j = 0; j < k; j++) sum += h[i * k + j]! * beta[j]!;
        c[i] = sum;
      }
      this.#search.solve(h, c, lambda, k, beta);
      let next = this.#evaluate(task, isCareful);
      if (isCareful) {
        for (let halving = 0; halving < 40; halving++) {
          const reached = this.#loss + task.penalty();
          if (reached <= objective + 1e-12 * Math.abs(objective)) break;
          for (let j = 0; j < k; j++) beta[j] = (beta[j]! + before.beta[j]!) / 2;
          next = this.#evaluate(task, true);
        }
        objective = this.#loss + task.penalty();
      } else if (!(next < 4 * violation)) return 'no-convergence';
      lastMove = task.largestMove(before.beta);
      if (!task.isPenalised && this.#tellsApart(task)) return 'separated';
      if (isCareful || (next > shrinks * violation && !isFresh && next > limit)) {
        this.#informationOf(task);
        isFresh = true;
      } else {
        correctCurvature(h, k, beta, before.beta, score, before.score, c);
        isFresh = false;
      }
      violation = next;
    }
    return task.isPenalised ? 'no-convergence' : 'separated';
  }

  /** The minimum of the anchor's quadratic over the columns of the task. */
  #startFrom(task: LogisticTask, anchor: Anchor, c: Float64Array): void {
    const { k, beta, h, places } = task;
    const size = this.#columns + 1;
    const scale = task.set.total / anchor.total;
    for (let i = 0; i < k; i++) {
      const row = places[i]! * size;
      for (let j = 0; j < k; j++) h[i * k + j] = scale * anchor.information[row + places[j]!]!;
      let sum = anchor.score[places[i]!]!;
      for (let j = 0; j < size; j++) sum += anchor.information[row + j]! * anchor.beta[j]!;
      c[i] = scale * sum;
    }
    task.read(anchor.beta);
    this.#search.solve(h, c, task.lambda, k, beta);
  }

  /** Residuals, curvatures and score at the task's coefficients; answers the largest violation. */
  #evaluate(task: LogisticTask, wantsLoss: boolean): number {
    const { set, k, beta, score, lambda, places } = task;
    const { rows, x, y, weight } = set;
    const [eta, residual, curvature] = [this.#eta, this.#residual, this.#curvature];
    eta.fill(beta[0]!, 0, rows);
    addColumns(eta, x, rows, beta, places, this.#used);
    let sum = 0;
    let loss = 0;
    for (let i = 0; i < rows; i++) {
      const p = 1 / (1 + Math.exp(-eta[i]!));
      const w = weight ? weight[i]! : 1;
      const r = w * (y[i]! - p);
      residual[i] = r;
      curvature[i] = w * p * (1 - p);
      sum += r;
      if (wantsLoss) {
        const against = y[i] === 1 ? -eta[i]! : eta[i]!;
        loss += w * (Math.max(0, against) + Math.log1p(Math.exp(-Math.abs(against))));
      }
    }
    this.#loss = loss;
    score[0] = sum;
    scoreColumns(residual, x, rows, places, k, score);
    let worst = 0;
    for (let j = 0; j < k; j++) {
      const slope = score[j]!;
      const violation =
        beta[j] === 0 && lambda[j] !== 0
          ? Math.abs(slope) - lambda[j]!
          : Math.abs(slope - lambda[j]! * Math.sign(beta[j]!));
      if (!(violation <= worst)) worst = violation;
    }
    return worst;
  }

  /** Second derivatives at the last evaluation, into the task. */
  #informationOf({ set, k, h, places }: LogisticTask): void {
    const { rows, x } = set;
    const [curvature, product] = [this.#curvature, this.#product];
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += curvature[i]!;
    h[0] = sum;
    for (let i = 1; i < k; i++) {
      const from = (places[i]! - 1) * rows;
      let first = 0;
      for (let r = 0; r < rows; r++) {
        const value = curvature[r]! * x[from + r]!;
        product[r] = value;
        first += value;
      }
      h[i * k] = first;
      h[i] = first;
      for (let j = 1; j <= i; j++) {
        const value = dot(product, x, (places[j]! - 1) * rows, rows);
        h[i * k + j] = value;
        h[j * k + i] = value;
      }
    }
  }

  /** Every row lies on its own side: the likelihood has no maximum. */
  #tellsApart({ set: { rows, y } }: LogisticTask): boolean {
    for (let i = 0; i < rows; i++) if (this.#eta[i]! > 0 !== (y[i] === 1)) return false;
    return true;
  }
}

function hasOneClass({ rows, y }: RowSet): boolean {
  for (let i = 1; i < rows; i++) if (y[i] !== y[0]) return false;
  return true;
}
