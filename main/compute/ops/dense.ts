import type { Activation, Engine, Tensor } from '../engine.ts';
import type { Tape, Variable } from '../tape.ts';

/** Differentiable dense operations: value first, then the vector-Jacobian product beside it. */

/**
 * x W + bias, or x W^T + bias with `transposed`. x [r, k], W [k, c] (or [c, k]), bias [c].
 * dx = dy W^T, dW = x^T dy, dbias = column sums of dy.
 */
export function linear(
  tape: Tape,
  x: Variable,
  weight: Variable,
  bias?: Variable,
  options: { transposed?: boolean } = {},
): Variable {
  const { engine } = tape;
  const transB = options.transposed ?? false;
  const y = engine.matmul(x.value, weight.value, {
    transB,
    ...(bias ? { bias: bias.value } : {}),
  });
  return tape.record(y, bias ? [x, weight, bias] : [x, weight], (dy, give) => {
    if (x.requiresGradient) give(x, engine.matmul(dy, weight.value, { transB: !transB }));
    if (weight.requiresGradient)
      give(
        weight,
        transB
          ? engine.matmul(dy, x.value, { transA: true })
          : engine.matmul(x.value, dy, { transA: true }),
      );
    if (bias?.requiresGradient) give(bias, engine.sumColumns(dy));
  });
}

/** x + y, of equal shapes. */
export function add(tape: Tape, x: Variable, y: Variable): Variable {
  const { engine } = tape;
  return tape.record(engine.add(x.value, y.value), [x, y], (dz, give) => {
    if (x.requiresGradient) give(x, engine.clone(dz));
    if (y.requiresGradient) give(y, engine.clone(dz));
  });
}

/** x - y, of equal shapes. */
export function subtract(tape: Tape, x: Variable, y: Variable): Variable {
  const { engine } = tape;
  return tape.record(engine.subtract(x.value, y.value), [x, y], (dz, give) => {
    if (x.requiresGradient) give(x, engine.clone(dz));
    if (y.requiresGradient) give(y, engine.scale(dz, -1));
  });
}

/** x [r, c] less a row [c]. */
export function subtractRow(tape: Tape, x: Variable, row: Variable): Variable {
  const { engine } = tape;
  const negative = engine.scale(row.value, -1);
  const difference = engine.add(x.value, negative);
  engine.dispose(negative);
  return tape.record(difference, [x, row], (dz, give) => {
    if (x.requiresGradient) give(x, engine.clone(dz));
    if (!row.requiresGradient) return;
    const sums = engine.sumColumns(dz);
    give(row, engine.scale(sums, -1));
    engine.dispose(sums);
  });
}

/** exp(x) of the few numbers of a parameter, on the host; the caller's, no gradient. */
export function exponentials(engine: Engine, x: Tensor): Tensor {
  return engine.floats(Float64Array.from(engine.read(x), Math.exp), x.shape);
}

/** As `exponentials`, with its gradient. */
export function exponential(tape: Tape, x: Variable): Variable {
  const { engine } = tape;
  const y = exponentials(engine, x.value);
  return tape.record(y, [x], (dy, give) => give(x, engine.multiply(dy, y)));
}

/** Elementwise x y, of equal shapes. */
export function multiply(tape: Tape, x: Variable, y: Variable): Variable {
  const { engine } = tape;
  return tape.record(engine.multiply(x.value, y.value), [x, y], (dz, give) => {
    if (x.requiresGradient) give(x, engine.multiply(dz, y.value));
    if (y.requiresGradient) give(y, engine.multiply(dz, x.value));
  });
}

/** An elementwise activation. */
export function activate(tape: Tape, x: Variable, activation: Activation): Variable {
  const { engine } = tape;
  return tape.record(engine.activate(x.value, activation), [x], (dy, give) =>
    give(x, engine.activateGradient(x.value, dy, activation)),
  );
}

/** Each row divided by its L2 norm; the gradient is tangent to the row (facts of e2e_sae, 1.1). */
export function normaliseRows(tape: Tape, x: Variable): Variable {
  const { engine } = tape;
  const { y, norms } = engine.normaliseRows(x.value);
  return tape.record(y, [x], (dy, give) => give(x, engine.normaliseRowsGradient(y, norms, dy)), [
    norms,
  ]);
}

/** Sum over columns of (x - y)^2 for each row: [r]. dx = 2 (x - y) drow. */
export function squaredError(tape: Tape, x: Variable, y: Variable): Variable {
  const { engine } = tape;
  const difference = engine.subtract(x.value, y.value);
  const rows = engine.dotRows(difference, difference);
  return tape.record(
    rows,
    [x, y],
    (drows, give) => {
      for (const [side, factor] of [
        [x, 2],
        [y, -2],
      ] as const) {
        if (!side.requiresGradient) continue;
        const weights = engine.scale(drows, factor);
        give(side, engine.scaleRows(difference, weights));
        engine.dispose(weights);
      }
    },
    [difference],
  );
}

/** Layer norm with frozen gain and bias: the gradient reaches x only. */
export function layerNorm(
  tape: Tape,
  x: Variable,
  gain: Tensor | undefined,
  bias: Tensor | undefined,
  epsilon: number,
): Variable {
  const { engine } = tape;
  const { y, mean, inverseStd } = engine.layerNorm(x.value, gain, bias, epsilon);
  return tape.record(
    y,
    [x],
    (dy, give) => give(x, engine.layerNormGradient(x.value, gain, mean, inverseStd, dy)),
    [mean, inverseStd],
  );
}

/** RMS norm with a frozen gain: the gradient reaches x only. */
export function rmsNorm(
  tape: Tape,
  x: Variable,
  gain: Tensor | undefined,
  epsilon: number,
): Variable {
  const { engine } = tape;
  const { y, inverseRms } = engine.rmsNorm(x.value, gain, epsilon);
  return tape.record(
    y,
    [x],
    (dy, give) => give(x, engine.rmsNormGradient(x.value, gain, inverseRms, dy)),
    [inverseRms],
  );
}

/** cap tanh(x / cap), elementwise. */
export function softCap(tape: Tape, x: Variable, cap: number): Variable {
  const { engine } = tape;
  const y = engine.softCap(x.value, cap);
  return tape.record(y, [x], (dy, give) => give(x, engine.softCapGradient(y, dy, cap)));
}
