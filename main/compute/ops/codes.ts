import type { Engine, Sparse, Tensor } from '../engine.ts';
import type { Tape, Value, Variable } from '../tape.ts';

/**
 * Codes of a dictionary, c [r, n], dense or sparse. With few latents active, everything after the
 * encoder's product touches active entries alone; while codes are still dense, at the start of
 * training, dense products are faster. Which one a step takes follows from the codes of that step
 * alone, so a resumed run takes the same path.
 */
export type Codes = Variable | Variable<Sparse>;

/**
 * Share of active entries below which the sparse path is taken: a sparse product costs about this
 * much more per entry than a dense one (assay bench codes).
 */
const sparseBelow = 1 / 16;

/** Active entries of x W^T from which on codes are dense. */
export function mostSparse(x: Variable, weight: Variable): number {
  return x.value.shape[0]! * weight.value.shape[0]! * sparseBelow;
}

export function isSparse(value: Value): value is Sparse {
  return 'pointers' in value;
}

function asSparse(codes: Codes): Variable<Sparse> | undefined {
  return isSparse(codes.value) ? (codes as Variable<Sparse>) : undefined;
}

/** relu(x W^T + b): x [r, d], W [n, d], b [n]. */
export function encodeRelu(tape: Tape, x: Variable, weight: Variable, bias: Variable): Codes {
  const { engine } = tape;
  const pre = engine.linearAbove(x.value, weight.value, bias.value, mostSparse(x, weight));
  if (isSparse(pre)) return recordEncoded(tape, pre, x, weight, bias);
  const dense = engine.activate(pre, 'relu');
  engine.dispose(pre);
  return tape.record(dense, [x, weight, bias], (dcodes, give) => {
    const dpre = engine.activateGradient(dense, dcodes, 'relu');
    if (weight.requiresGradient) give(weight, engine.matmul(dpre, x.value, { transA: true }));
    if (bias.requiresGradient) give(bias, engine.sumColumns(dpre));
    if (x.requiresGradient) give(x, engine.matmul(dpre, weight.value));
    engine.dispose(dpre);
  });
}

/** Picks codes of pre-activations [r, n], which stay the caller's. */
export type Selection = (pre: Tensor) => Sparse;

/**
 * Codes that selections pick of x W^T + b, one for each, all of one product. What a selection keeps is
 * a constant: gradients go through the entries that it kept.
 */
export function encodeSelected(
  tape: Tape,
  x: Variable,
  weight: Variable,
  bias: Variable,
  selections: readonly Selection[],
): Variable<Sparse>[] {
  const { engine } = tape;
  const pre = engine.matmul(x.value, weight.value, { transB: true, bias: bias.value });
  const selected = selections.map((select) => select(pre));
  engine.dispose(pre);
  return selected.map((sparse) => recordEncoded(tape, sparse, x, weight, bias));
}

/** Records codes whose stored entries are those of x W^T + b. */
export function recordEncoded(
  tape: Tape,
  sparse: Sparse,
  x: Variable,
  weight: Variable,
  bias: Variable,
): Variable<Sparse> {
  const { engine } = tape;
  return tape.record(sparse, [x, weight, bias], (dvalues, give) => {
    const dcodes = engine.withValues(sparse, dvalues);
    if (weight.requiresGradient) give(weight, engine.sparseTransposeMatmul(dcodes, x.value));
    if (bias.requiresGradient) give(bias, engine.sparseSumColumns(dcodes));
    if (x.requiresGradient) give(x, engine.sparseMatmul(dcodes, weight.value));
    engine.dispose(dcodes);
  });
}

/** The number of a row [n] that belongs to the column of each stored entry: [count]; no gradient. */
export function entriesOfRow(engine: Engine, { indices, count }: Sparse, row: Tensor): Tensor {
  const table = engine.reshape(row, [row.size, 1]);
  const found = engine.gather(table, indices);
  const entries = engine.reshape(found, [count]);
  engine.dispose(table, found);
  return entries;
}

/** c D + b: [r, d], with D [n, d] and b [d]. */
export function decode(tape: Tape, codes: Codes, decoder: Variable, bias: Variable): Variable {
  const { engine } = tape;
  const sparse = asSparse(codes);
  if (sparse)
    return tape.record(
      engine.sparseMatmul(sparse.value, decoder.value, bias.value),
      [sparse, decoder, bias],
      (dy, give) => {
        if (sparse.requiresGradient)
          give(sparse, engine.sampledMatmul(sparse.value, dy, decoder.value));
        if (decoder.requiresGradient) give(decoder, engine.sparseTransposeMatmul(sparse.value, dy));
        if (bias.requiresGradient) give(bias, engine.sumColumns(dy));
      },
    );
  const dense = codes as Variable;
  return tape.record(
    engine.matmul(dense.value, decoder.value, { bias: bias.value }),
    [dense, decoder, bias],
    (dy, give) => {
      if (dense.requiresGradient) give(dense, engine.matmul(dy, decoder.value, { transB: true }));
      if (decoder.requiresGradient) give(decoder, engine.matmul(dense.value, dy, { transA: true }));
      if (bias.requiresGradient) give(bias, engine.sumColumns(dy));
    },
  );
}

/** (sum_j |c_j|^p)^(1/p) of each row: [r]. */
export function codeNorms(tape: Tape, codes: Codes, p: number): Variable {
  const { engine } = tape;
  const sparse = asSparse(codes);
  if (sparse) {
    const norms = engine.sparseNormRows(sparse.value, p);
    return tape.record(norms, [sparse], (weights, give) =>
      give(sparse, engine.sparseNormRowsGradient(sparse.value, norms, p, weights)),
    );
  }
  const dense = codes as Variable;
  const norms = engine.normRows(dense.value, p);
  return tape.record(norms, [dense], (weights, give) =>
    give(dense, engine.normRowsGradient(dense.value, norms, p, weights)),
  );
}

/** Number of codes that are not 0. */
export function countActive(tape: Tape, codes: Codes): number {
  const { value } = codes;
  return tape.engine.countNonzero(isSparse(value) ? value.values : value);
}

/** Sum of each latent's codes over the rows: [n]; the caller's, no gradient. */
export function codeSums(tape: Tape, codes: Codes): Tensor {
  const { value } = codes;
  return isSparse(value) ? tape.engine.sparseSumColumns(value) : tape.engine.sumColumns(value);
}
