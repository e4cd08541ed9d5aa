/** A pivot below this part of its diagonal says that the column depends on those before it. */
const dependentPart = 1e-10;
/** What stands in for such a pivot: large enough to divide by, too small to change the minimum. */
const stiffness = 1e-8;
const maximumSteps = 400;

/**
 * Minimises 1/2 b'Hb - c'b + sum of lambda_j |b_j| exactly, by searching the signs of the solution
 * (Lee, Battle, Raina & Ng 2007, "Efficient sparse coding algorithms", section 3): the quadratic of the
 * coefficients that are not zero is solved under their signs; one that would change its sign stops
 * the step at zero and leaves; the most violating one enters. Zeros are exact. Where H is singular,
 * a step along its null space goes as far as the next zero, so that the penalty alone decides.
 *
 * Holds the work arrays for up to `size` coefficients.
 */
export class SignSearch {
  readonly #factor: Float64Array;
  readonly #step: Float64Array;
  readonly #slope: Float64Array;
  readonly #sign: Int8Array;
  readonly #active: Int32Array;

  constructor(size: number) {
    this.#factor = new Float64Array(size * size);
    this.#step = new Float64Array(size);
    this.#slope = new Float64Array(size);
    this.#sign = new Int8Array(size);
    this.#active = new Int32Array(size);
  }

  /**
   * @param h symmetric, [k, k]
   * @param lambda per coefficient; 0 is free
   * @param b the start; overwritten with the minimum
   */
  solve(h: Float64Array, c: Float64Array, lambda: Float64Array, k: number, b: Float64Array): void {
    const sign = this.#sign;
    let scale = 0;
    for (let j = 0; j < k; j++) {
      sign[j] = Math.sign(b[j]!);
      scale = Math.max(scale, Math.abs(c[j]!), lambda[j]!);
    }
    const settled = 1e-14 * scale;
    for (let round = 0; round < maximumSteps; round++) {
      const active = this.#listActive(lambda, k);
      this.#slopes(h, c, b, k);
      if (this.#worstActive(lambda, active) > settled && this.#move(h, lambda, k, b, active))
        continue;
      if (!this.#enter(lambda, k, settled)) return;
    }
  }

  #listActive(lambda: Float64Array, k: number): number {
    let active = 0;
    for (let j = 0; j < k; j++)
      if (this.#sign[j] !== 0 || lambda[j] === 0) this.#active[active++] = j;
    return active;
  }

  /** c - Hb: how much each coefficient would gain by growing, before the penalty. */
  #slopes(h: Float64Array, c: Float64Array, b: Float64Array, k: number): void {
    for (let i = 0; i < k; i++) {
      let slope = c[i]!;
      for (let j = 0; j < k; j++) slope -= h[i * k + j]! * b[j]!;
      this.#slope[i] = slope;
    }
  }

  #worstActive(lambda: Float64Array, active: number): number {
    let worst = 0;
    for (let a = 0; a < active; a++) {
      const j = this.#active[a]!;
      worst = Math.max(worst, Math.abs(this.#slope[j]! - lambda[j]! * this.#sign[j]!));
    }
    return worst;
  }

  /** One step under the present signs. Answers whether it moved anything by more than rounding. */
  #move(
    h: Float64Array,
    lambda: Float64Array,
    k: number,
    b: Float64Array,
    active: number,
  ): boolean {
    const step = this.#step;
    for (let a = 0; a < active; a++) {
      const j = this.#active[a]!;
      step[a] = this.#slope[j]! - lambda[j]! * this.#sign[j]!;
    }
    this.#solveActive(h, k, active);
    let length = 1;
    let stopper = -1;
    for (let a = 0; a < active; a++) {
      const j = this.#active[a]!;
      if (lambda[j] === 0 || b[j] === 0) continue;
      const towards = -b[j]! / step[a]!;
      if (towards > 0 && towards < length) {
        length = towards;
        stopper = j;
      }
    }
    let moved = stopper >= 0;
    for (let a = 0; a < active; a++) {
      const j = this.#active[a]!;
      const by = length * step[a]!;
      if (Math.abs(by) > 1e-15 * (1 + Math.abs(b[j]!))) moved = true;
      b[j]! += by;
      if (lambda[j] !== 0 && b[j] !== 0) this.#sign[j] = Math.sign(b[j]!);
    }
    if (stopper >= 0) {
      b[stopper] = 0;
      this.#sign[stopper] = 0;
    }
    return moved;
  }

  /** Solves H of the active coefficients for #step in place, by Cholesky's factors. */
  #solveActive(h: Float64Array, k: number, active: number): void {
    const l = this.#factor;
    const x = this.#step;
    for (let i = 0; i < active; i++) {
      const row = this.#active[i]! * k;
      for (let j = 0; j <= i; j++) {
        let sum = h[row + this.#active[j]!]!;
        for (let m = 0; m < j; m++) sum -= l[i * active + m]! * l[j * active + m]!;
        if (j < i) l[i * active + j] = sum / l[j * active + j]!;
        else {
          const whole = h[row + this.#active[i]!]!;
          const pivot = sum > dependentPart * whole ? sum : stiffness * (whole || 1);
          l[i * active + i] = Math.sqrt(pivot);
        }
      }
    }
    for (let i = 0; i < active; i++) {
      let sum = x[i]!;
      for (let m = 0; m < i; m++) sum -= l[i * active + m]! * x[m]!;
      x[i] = sum / l[i * active + i]!;
    }
    for (let i = active - 1; i >= 0; i--) {
      let sum = x[i]!;
      for (let m = i + 1; m < active; m++) sum -= l[m * active + i]! * x[m]!;
      x[i] = sum / l[i * active + i]!;
    }
  }

  /** Lets the coefficient in whose slope exceeds its penalty most; false where none does. */
  #enter(lambda: Float64Array, k: number, settled: number): boolean {
    let most = settled;
    let found = -1;
    for (let j = 0; j < k; j++) {
      if (this.#sign[j] !== 0 || lambda[j] === 0) continue;
      const excess = Math.abs(this.#slope[j]!) - lambda[j]!;
      if (excess > most) {
        most = excess;
        found = j;
      }
    }
    if (found < 0) return false;
    this.#sign[found] = Math.sign(this.#slope[found]!);
    return true;
  }
}

/**
 * Columns that are not determined by those before them, in order, from their products [k, k] by
 * Cholesky's method: the others get no coefficient of their own, as in R.
 */
export function independentColumns(h: Float64Array, k: number): number[] {
  const l = new Float64Array(k * k);
  const kept: number[] = [];
  for (let i = 0; i < k; i++) {
    const at = kept.length;
    for (let j = 0; j <= at; j++) {
      const column = j < at ? kept[j]! : i;
      let sum = h[i * k + column]!;
      for (let m = 0; m < j; m++) sum -= l[i * k + m]! * l[column * k + m]!;
      if (j < at) l[i * k + j] = sum / l[column * k + j]!;
      else if (sum > dependentPart * h[i * k + i]!) {
        l[i * k + at] = Math.sqrt(sum);
        kept.push(i);
      }
    }
  }
  return kept;
}
