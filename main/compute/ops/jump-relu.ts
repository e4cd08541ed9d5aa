import type { Engine, Sparse, Tensor } from '../engine.ts';
import type { Tape, Variable } from '../tape.ts';
import { sparseBelow, type Codes } from './codes.ts';
import { replaceValues } from './selection.ts';

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
  const [biases, thresholds] = [engine.read(bias.value), engine.read(threshold.value)];
  const lifted = engine.floats(
    Float64Array.from(biases, (value, j) => value - thresholds[j]! + bandwidth / 2),
    bias.value.shape,
  );
  const high = engine.matmul(x.value, weight.value, { transB: true, bias: lifted });
  engine.dispose(lifted);
  const kept = engine.activate(high, 'relu');
  if (engine.countNonzero(kept) >= kept.size * sparseBelow) {
    engine.dispose(kept);
    return denseJumpRelu(tape, operands, high);
  }
  const pattern = engine.sparsify(kept);
  engine.dispose(high, kept);
  return sparseJumpRelu(tape, operands, pattern, thresholds);
}

function sparseJumpRelu(
  tape: Tape,
  { x, weight, bias, threshold, bandwidth }: JumpReluOperands,
  pattern: Sparse,
  thresholds: ArrayLike<number>,
): JumpRelu {
  const { engine } = tape;
  const { count, rows } = pattern;
  const [pointers, columns] = [engine.readInts(pattern.pointers), engine.readInts(pattern.indices)];
  /** z - t + w / 2. */
  const gaps = engine.read(pattern.values);
  const numbers = gaps.map((gap, at) =>
    gap > bandwidth / 2 ? gap - bandwidth / 2 + thresholds[columns[at]!]! : 0,
  );
  const kept = replaceValues(engine, pattern, numbers);
  const codes = tape.record(kept, [x, weight, bias, threshold], (dvalues, give) => {
    const slopes = engine.read(dvalues);
    const dz = engine.floats(
      slopes.map((slope, at) => (gaps[at]! > bandwidth / 2 ? slope : 0)),
      [count],
    );
    const dcodes = engine.withValues(kept, dz);
    if (weight.requiresGradient) give(weight, engine.sparseTransposeMatmul(dcodes, x.value));
    if (bias.requiresGradient) give(bias, engine.sparseSumColumns(dcodes));
    if (x.requiresGradient) give(x, engine.sparseMatmul(dcodes, weight.value));
    engine.dispose(dz, dcodes);
    const dt = new Float64Array(thresholds.length);
    for (let at = 0; at < count; at++) {
      const j = columns[at]!;
      if (gaps[at]! < bandwidth) dt[j]! -= (thresholds[j]! / bandwidth) * slopes[at]!;
    }
    give(threshold, engine.floats(dt, threshold.value.shape));
  });
  const active = new Float64Array(rows);
  for (let row = 0; row < rows; row++)
    for (let at = pointers[row]!; at < pointers[row + 1]!; at++)
      if (gaps[at]! > bandwidth / 2) active[row]!++;
  const counts = tape.record(engine.floats(active, [rows]), [threshold], (weights, give) => {
    const factors = engine.read(weights);
    const dt = new Float64Array(thresholds.length);
    for (let row = 0; row < rows; row++)
      for (let at = pointers[row]!; at < pointers[row + 1]!; at++)
        if (gaps[at]! < bandwidth) dt[columns[at]!]! -= factors[row]! / bandwidth;
    give(threshold, engine.floats(dt, threshold.value.shape));
  });
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

/** x [r, n] with a number added to each entry. */
function raised(engine: Engine, x: Tensor, by: number): Tensor {
  const columns = x.shape[1]!;
  const row = engine.floats(new Float64Array(columns).fill(by), [columns]);
  const sum = engine.add(x, row);
  engine.dispose(row);
  return sum;
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
