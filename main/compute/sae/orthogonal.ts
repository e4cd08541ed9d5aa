import type { Engine, Tensor } from '../engine.ts';

/**
 * The orthogonal factor of a Gaussian matrix, which is uniform over matrices with orthonormal columns
 * (rows, where there are more columns than rows), as torch.nn.init.orthogonal_ draws it.
 * @param values Gaussian numbers, row-major [rows, columns]
 */
export function orthonormalColumns(
  engine: Engine,
  values: Float64Array,
  rows: number,
  columns: number,
): Tensor {
  if (rows < columns) {
    const flipped = gramSchmidt(transpose(values, rows, columns), columns, rows);
    return engine.floats(transpose(flipped, columns, rows), [rows, columns]);
  }
  if (rows >= 4 * columns) return choleskyQr(engine, values, rows, columns);
  return engine.floats(gramSchmidt(values, rows, columns), [rows, columns]);
}

/**
 * Cholesky QR, twice (Yamamoto et al. 2015): Q = A R^-1 with R^T R = A^T A. The products run on the
 * engine. A Gaussian matrix with four times more rows than columns has a condition number below 4, so
 * one pass is already good to a few roundings and the second removes them.
 */
function choleskyQr(engine: Engine, values: Float64Array, rows: number, columns: number): Tensor {
  let q = engine.floats(values, [rows, columns]);
  for (let pass = 0; pass < 2; pass++) {
    const gram = engine.matmul(q, q, { transA: true });
    const inverse = inverseCholeskyFactor(Float64Array.from(engine.read(gram)), columns);
    const factor = engine.floats(inverse, [columns, columns]);
    const next = engine.matmul(q, factor);
    engine.dispose(gram, factor, q);
    q = next;
  }
  return q;
}

/** R^-1 for the upper triangular R with R^T R = the given positive definite matrix. */
function inverseCholeskyFactor(matrix: Float64Array, n: number): Float64Array {
  const r = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i <= j; i++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < i; k++) sum -= r[k * n + i]! * r[k * n + j]!;
      r[i * n + j] = i === j ? Math.sqrt(sum) : sum / r[i * n + i]!;
    }
  }
  const inverse = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    inverse[j * n + j] = 1 / r[j * n + j]!;
    for (let i = j - 1; i >= 0; i--) {
      let sum = 0;
      for (let k = i + 1; k <= j; k++) sum += r[i * n + k]! * inverse[k * n + j]!;
      inverse[i * n + j] = -sum / r[i * n + i]!;
    }
  }
  return inverse;
}

/** Modified Gram-Schmidt, each column orthogonalised twice ("twice is enough", Giraud et al. 2005). */
function gramSchmidt(values: Float64Array, rows: number, columns: number): Float64Array {
  // Columns are kept as rows of the transpose, so that the inner loops run over contiguous memory.
  const q = transpose(values, rows, columns);
  for (let j = 0; j < columns; j++) {
    const column = q.subarray(j * rows, (j + 1) * rows);
    for (let pass = 0; pass < 2; pass++)
      for (let k = 0; k < j; k++) {
        const other = q.subarray(k * rows, (k + 1) * rows);
        let dot = 0;
        for (let i = 0; i < rows; i++) dot += column[i]! * other[i]!;
        for (let i = 0; i < rows; i++) column[i]! -= dot * other[i]!;
      }
    let squares = 0;
    for (const value of column) squares += value * value;
    const norm = Math.sqrt(squares);
    for (let i = 0; i < rows; i++) column[i]! /= norm;
  }
  return transpose(q, columns, rows);
}

function transpose(values: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j]!;
  return out;
}
