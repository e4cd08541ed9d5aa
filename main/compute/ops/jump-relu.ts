import type { Engine, Sparse, Tensor } from '../engine.ts';
import type { Tape, Variable } from '../tape.ts';
import { entriesOfRow, isSparse, mostSparse, type Codes } from './codes.ts';

/**
 * Straight-through estimator of Rajamanoharan et al. 2024 (arXiv 2407.14435), with z = x W^T + b, the
 * step H and the rectangle kernel K(u) = 1 for |u| < 1/2:
 * - c = z H(z - t): dc/dz = H(z - t), dc/dt = -(t / w) K((z - t) / w);
 * - count of a row = sum_j H(z_j - t_j): d/dt = -(1 / w) K((z - t) / w), d/dz = 0.
 */
export interface JumpRelu {
  readonly codes: Codes;
  /** Codes above their threshold in each row [r]. */
  readonly counts: Variable;
}

export interface JumpReluOperands {
  /** [r, d] */
  readonly x: Variable;
  /** W [n, d] */
  readonly weight: Variable;
  /** b [n] */
  readonly bias: Variable;
  /** t [n] */
  readonly threshold: Variable;
  /** w, the width of the kernel. */
  readonly bandwidth: number;
}

/** Few entries lie above t - w / 2, where alone anything is not 0: they are kept, and all others left out. */
export function encodeJumpRelu(tape: Tape, operands: JumpReluOperands): JumpRelu {
  const { engine } = tape;
  const { x, weight, bias, threshold, bandwidth } = operands;
  const rise = engine.subtract(bias.value, threshold.value);
  const lifted = raised(engine, rise, bandwidth / 2);
  const high = engine.linearAbove(x.value, weight.value, lifted, mostSparse(x, weight));
  engine.dispose(rise, lifted);
  return isSparse(high)
    ? sparseJumpRelu(tape, operands, high)
    : denseJumpRelu(tape, operands, high);
}

/** @param pattern z - t + w / 2 where that is above 0, which the tape takes over */
function sparseJumpRelu(
  tape: Tape,
  { x, weight, bias, threshold, bandwidth }: JumpReluOperands,
  pattern: Sparse,
): JumpRelu {
  const { engine } = tape;
  const { values: high } = pattern;
  const everywhere = (value: number) => {
    const row = filled(engine, pattern.columns, value);
    const entries = entriesOfRow(engine, pattern, row);
    engine.dispose(row);
    return entries;
  };
  const [half, ones] = [everywhere(bandwidth / 2), everywhere(1)];
  const middle = engine.subtract(high, half);
  const low = engine.subtract(middle, half);
  const thresholds = entriesOfRow(engine, pattern, threshold.value);
  const all = engine.add(middle, thresholds);
  const kept = engine.activateGradient(middle, all, 'relu');
  const codesValue = engine.withValues(pattern, kept);
  const steps = engine.activateGradient(middle, ones, 'relu');
  const byStep = engine.withValues(pattern, steps);
  const countValue = engine.sparseNormRows(byStep, 1);
  engine.dispose(half, ones, thresholds, all, kept, steps, byStep);

  /** Sum over the rows of K x gradient, for each latent. */
  const insideKernel = (gradient: Tensor) => {
    const inside = engine.clone(gradient);
    const beyond = engine.activateGradient(low, gradient, 'relu');
    engine.addInto(inside, beyond, -1);
    const entries = engine.withValues(codesValue, inside);
    const sums = engine.sparseSumColumns(entries);
    engine.dispose(inside, beyond, entries);
    return sums;
  };
  const codes = tape.record(
    codesValue,
    [x, weight, bias, threshold],
    (dvalues, give) => {
      const dz = engine.activateGradient(middle, dvalues, 'relu');
      const dcodes = engine.withValues(codesValue, dz);
      if (weight.requiresGradient) give(weight, engine.sparseTransposeMatmul(dcodes, x.value));
      if (bias.requiresGradient) give(bias, engine.sparseSumColumns(dcodes));
      if (x.requiresGradient) give(x, engine.sparseMatmul(dcodes, weight.value));
      engine.dispose(dz, dcodes);
      const sums = insideKernel(dvalues);
      const weighted = engine.multiply(sums, threshold.value);
      give(threshold, engine.scale(weighted, -1 / bandwidth));
      engine.dispose(sums, weighted);
    },
    [pattern, middle, low],
  );
  const counts = tape.record(
    countValue,
    [threshold],
    (weights, give) => {
      // The slopes of a 1-norm of positive numbers are the weights of their rows.
      const repeated = engine.sparseNormRowsGradient(pattern, countValue, 1, weights);
      const sums = insideKernel(repeated);
      give(threshold, engine.scale(sums, -1 / bandwidth));
      engine.dispose(repeated, sums);
    },
    [pattern, codesValue, low],
  );
  return { codes, counts };
}

/** @param high z - t + w / 2 [r, n], which the tape takes over */
function denseJumpRelu(
  tape: Tape,
  { x, weight, bias, threshold, bandwidth }: JumpReluOperands,
  high: Tensor,
): JumpRelu {
  const { engine } = tape;
  const middle = raised(engine, high, -bandwidth / 2);
  const repeated = rowsOf(engine, high, threshold.value);
  const jumps = engine.activateGradient(middle, repeated, 'relu');
  engine.dispose(repeated);
  const codesValue = engine.activate(middle, 'relu');
  engine.addInto(codesValue, jumps);
  engine.dispose(jumps);
  const ones = onesLike(engine, high);
  const steps = engine.activateGradient(middle, ones, 'relu');
  const countValue = engine.sumRows(steps);
  engine.dispose(ones, steps, middle);

  /** Sum over the rows of K x gradient, for each latent. */
  const insideKernel = (gradient: Tensor) => {
    const inside = engine.activateGradient(high, gradient, 'relu');
    const low = raised(engine, high, -bandwidth);
    const beyond = engine.activateGradient(low, gradient, 'relu');
    engine.addInto(inside, beyond, -1);
    const sums = engine.sumColumns(inside);
    engine.dispose(low, inside, beyond);
    return sums;
  };
  const codes = tape.record(
    codesValue,
    [x, weight, bias, threshold],
    (dcodes, give) => {
      const centre = raised(engine, high, -bandwidth / 2);
      const dz = engine.activateGradient(centre, dcodes, 'relu');
      engine.dispose(centre);
      if (weight.requiresGradient) give(weight, engine.matmul(dz, x.value, { transA: true }));
      if (bias.requiresGradient) give(bias, engine.sumColumns(dz));
      if (x.requiresGradient) give(x, engine.matmul(dz, weight.value));
      engine.dispose(dz);
      const sums = insideKernel(dcodes);
      const weighted = engine.multiply(sums, threshold.value);
      give(threshold, engine.scale(weighted, -1 / bandwidth));
      engine.dispose(sums, weighted);
    },
    [high],
  );
  const counts = tape.record(
    countValue,
    [threshold],
    (weights, give) => {
      const all = onesLike(engine, high);
      const weighted = engine.scaleRows(all, weights);
      engine.dispose(all);
      const sums = insideKernel(weighted);
      give(threshold, engine.scale(sums, -1 / bandwidth));
      engine.dispose(weighted, sums);
    },
    [high],
  );
  return { codes, counts };
}

/** x with a number added to each entry. */
function raised(engine: Engine, x: Tensor, by: number): Tensor {
  const row = filled(engine, x.shape.at(-1)!, by);
  const sum = engine.add(x, row);
  engine.dispose(row);
  return sum;
}

/** A row of one number. */
function filled(engine: Engine, length: number, value: number): Tensor {
  return engine.floats(new Float64Array(length).fill(value), [length]);
}

/** A row [n] in each of the rows of a tensor of the shape of x [r, n]. */
function rowsOf(engine: Engine, x: Tensor, row: Tensor): Tensor {
  const zeros = engine.zeros(x.shape);
  const repeated = engine.add(zeros, row);
  engine.dispose(zeros);
  return repeated;
}

function onesLike(engine: Engine, x: Tensor): Tensor {
  const zeros = engine.zeros(x.shape);
  const ones = raised(engine, zeros, 1);
  engine.dispose(zeros);
  return ones;
}
