import type { Sparse, Tensor } from '../engine.ts';
import type { Tape, Variable } from '../tape.ts';
import { recordEncoded, sparseBelow, type Codes } from './codes.ts';

/**
 * Gated encoder of Rajamanoharan et al. 2024 (arXiv 2404.16014), with z = x W^T:
 * gate = relu(z + b_gate), codes = 1[z + b_gate > 0] relu(exp(r) z + b_mag). The step has no gradient.
 */
export interface Gated {
  /** relu of the gate's pre-activation, from which the gate learns. */
  readonly gate: Codes;
  readonly codes: Codes;
}

export interface GatedOperands {
  /** [r, d] */
  readonly x: Variable;
  /** W [n, d] */
  readonly weight: Variable;
  /** b_gate [n] */
  readonly gateBias: Variable;
  /** r [n] */
  readonly logScale: Variable;
  /** b_mag [n] */
  readonly magnitudeBias: Variable;
}

export function encodeGated(tape: Tape, operands: GatedOperands): Gated {
  const { engine } = tape;
  const { x, weight, gateBias } = operands;
  const pre = engine.matmul(x.value, weight.value, { transB: true, bias: gateBias.value });
  const gate = engine.activate(pre, 'relu');
  engine.dispose(pre);
  if (engine.countNonzero(gate) >= gate.size * sparseBelow) return denseGated(tape, operands, gate);
  const pattern = engine.sparsify(gate);
  engine.dispose(gate);
  return sparseGated(tape, operands, pattern);
}

function sparseGated(tape: Tape, operands: GatedOperands, pattern: Sparse): Gated {
  const { engine } = tape;
  const { x, weight, gateBias, logScale, magnitudeBias } = operands;
  const columns = engine.readInts(pattern.indices);
  const [gateBiases, magnitudeBiases] = [gateBias, magnitudeBias].map(({ value }) =>
    engine.read(value),
  ) as [Float64Array, Float64Array];
  const scales = Float64Array.from(engine.read(logScale.value), Math.exp);
  const z = engine.read(pattern.values).map((value, at) => value - gateBiases[columns[at]!]!);
  const numbers = z.map((value, at) => {
    const j = columns[at]!;
    return Math.max(0, scales[j]! * value + magnitudeBiases[j]!);
  });
  const values = engine.floats(numbers, [pattern.count]);
  const magnitudes = engine.withValues(pattern, values);
  engine.dispose(values);
  const gate = recordEncoded(tape, pattern, x, weight, gateBias);
  const inputs = [x, weight, logScale, magnitudeBias];
  const codes = tape.record(magnitudes, inputs, (dvalues, give) => {
    const slopes = engine.read(dvalues);
    const [dscale, dbias] = [new Float64Array(scales.length), new Float64Array(scales.length)];
    const dz = new Float64Array(pattern.count);
    for (let at = 0; at < dz.length; at++) {
      if (numbers[at] === 0) continue;
      const j = columns[at]!;
      dz[at] = slopes[at]! * scales[j]!;
      dbias[j]! += slopes[at]!;
      dscale[j]! += dz[at]! * z[at]!;
    }
    const slope = engine.floats(dz, [dz.length]);
    const dcodes = engine.withValues(magnitudes, slope);
    if (weight.requiresGradient) give(weight, engine.sparseTransposeMatmul(dcodes, x.value));
    if (x.requiresGradient) give(x, engine.sparseMatmul(dcodes, weight.value));
    give(logScale, engine.floats(dscale, logScale.value.shape));
    give(magnitudeBias, engine.floats(dbias, magnitudeBias.value.shape));
    engine.dispose(slope, dcodes);
  });
  return { gate, codes };
}

/** @param gateValue relu(z + b_gate) [r, n], which the tape takes over */
function denseGated(tape: Tape, operands: GatedOperands, gateValue: Tensor): Gated {
  const { engine } = tape;
  const { x, weight, gateBias, logScale, magnitudeBias } = operands;
  const gate = tape.record(gateValue, [x, weight, gateBias], (dgate, give) => {
    const dpre = engine.activateGradient(gateValue, dgate, 'relu');
    if (weight.requiresGradient) give(weight, engine.matmul(dpre, x.value, { transA: true }));
    if (gateBias.requiresGradient) give(gateBias, engine.sumColumns(dpre));
    if (x.requiresGradient) give(x, engine.matmul(dpre, weight.value));
    engine.dispose(dpre);
  });
  const scales = engine.floats(
    Float64Array.from(engine.read(logScale.value), Math.exp),
    logScale.value.shape,
  );
  const z = engine.matmul(x.value, weight.value, { transB: true });
  const scaled = engine.multiply(z, scales);
  const magnitude = engine.add(scaled, magnitudeBias.value);
  const positive = engine.activate(magnitude, 'relu');
  const open = engine.activateGradient(gateValue, positive, 'relu');
  engine.dispose(scaled, positive);
  const codes = tape.record(
    open,
    [x, weight, logScale, magnitudeBias],
    (dcodes, give) => {
      const dopen = engine.activateGradient(gateValue, dcodes, 'relu');
      const dmagnitude = engine.activateGradient(magnitude, dopen, 'relu');
      const dz = engine.multiply(dmagnitude, scales);
      const dscale = engine.multiply(dz, z);
      if (weight.requiresGradient) give(weight, engine.matmul(dz, x.value, { transA: true }));
      if (x.requiresGradient) give(x, engine.matmul(dz, weight.value));
      give(logScale, engine.sumColumns(dscale));
      give(magnitudeBias, engine.sumColumns(dmagnitude));
      engine.dispose(dopen, dmagnitude, dz, dscale);
    },
    [gateValue, scales, z, magnitude],
  );
  return { gate, codes };
}
