import type { Sparse, Tensor } from '../engine.ts';
import type { Tape, Variable } from '../tape.ts';
import { entriesOfRow, isSparse, mostSparse, recordEncoded, type Codes } from './codes.ts';
import { exponentials } from './dense.ts';

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
  const pre = engine.linearAbove(x.value, weight.value, gateBias.value, mostSparse(x, weight));
  if (isSparse(pre)) return sparseGated(tape, operands, pre);
  const gate = engine.activate(pre, 'relu');
  engine.dispose(pre);
  return denseGated(tape, operands, gate);
}

function sparseGated(tape: Tape, operands: GatedOperands, pattern: Sparse): Gated {
  const { engine } = tape;
  const { x, weight, gateBias, logScale, magnitudeBias } = operands;
  /** exp(r), and at each entry exp(r) and z. */
  const scales = exponentials(engine, logScale.value);
  const scalesHere = entriesOfRow(engine, pattern, scales);
  const biases = entriesOfRow(engine, pattern, gateBias.value);
  const z = engine.subtract(pattern.values, biases);
  const scaled = engine.multiply(z, scalesHere);
  const magnitudeBiases = entriesOfRow(engine, pattern, magnitudeBias.value);
  const magnitude = engine.add(scaled, magnitudeBiases);
  const values = engine.activate(magnitude, 'relu');
  const magnitudes = engine.withValues(pattern, values);
  engine.dispose(scales, biases, scaled, magnitudeBiases, values);
  const gate = recordEncoded(tape, pattern, x, weight, gateBias);
  const codes = tape.record(
    magnitudes,
    [x, weight, logScale, magnitudeBias],
    (dvalues, give) => {
      const slopes = engine.activateGradient(magnitude, dvalues, 'relu');
      const dz = engine.multiply(slopes, scalesHere);
      const dscales = engine.multiply(dz, z);
      const [dcodes, byScale, byBias] = [dz, dscales, slopes].map((each) =>
        engine.withValues(magnitudes, each),
      ) as [Sparse, Sparse, Sparse];
      if (weight.requiresGradient) give(weight, engine.sparseTransposeMatmul(dcodes, x.value));
      if (x.requiresGradient) give(x, engine.sparseMatmul(dcodes, weight.value));
      give(logScale, engine.sparseSumColumns(byScale));
      give(magnitudeBias, engine.sparseSumColumns(byBias));
      engine.dispose(slopes, dz, dscales, dcodes, byScale, byBias);
    },
    [scalesHere, z, magnitude],
  );
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
  const scales = exponentials(engine, logScale.value);
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
