/**
 * Singular values of a square matrix by one-sided Jacobi rotations (Hestenes 1958; Demmel & Veselic
 * 1992, SIAM J. Matrix Anal. 13), which find even the smallest ones to high relative accuracy where
 * the matrix is a well-conditioned one with scaled columns: what a design matrix with columns of
 * different units is. Applied to R', whose columns are R's rows, as Drmac & Veselic (2008) advise.
 *
 * @param r upper triangular R [p, p], column-major
 * @returns the singular values in falling order
 */
export function singularValues(r: Float64Array, p: number): Float64Array {
  const a = orthogonalColumns(r, p);
  const values = new Float64Array(p);
  for (let j = 0; j < p; j++) values[j] = Math.sqrt(dot(a, j * p, j * p, p));
  return values.sort().reverse();
}

/**
 * Singular values in falling order with the right singular vectors, [p, p], one column for each.
 */
export function singularVectors(
  r: Float64Array,
  p: number,
): { values: Float64Array; vectors: Float64Array } {
  const a = orthogonalColumns(r, p);
  const lengths = Float64Array.from({ length: p }, (_, j) => Math.sqrt(dot(a, j * p, j * p, p)));
  const order = [...lengths.keys()].sort((i, j) => lengths[j]! - lengths[i]! || i - j);
  const vectors = new Float64Array(p * p);
  order.forEach((from, to) => {
    for (let i = 0; i < p; i++) vectors[to * p + i] = a[from * p + i]! / lengths[from]!;
  });
  return { values: Float64Array.from(order, (j) => lengths[j]!), vectors };
}

/** R' times rotations until its columns are orthogonal: the right singular vectors times the values. */
function orthogonalColumns(r: Float64Array, p: number): Float64Array {
  const a = new Float64Array(p * p);
  for (let j = 0; j < p; j++) for (let i = 0; i <= j; i++) a[i * p + j] = r[j * p + i]!;
  const squares = new Float64Array(p);
  for (let sweep = 0; sweep < 60; sweep++) {
    for (let j = 0; j < p; j++) squares[j] = dot(a, j * p, j * p, p);
    if (!rotateAll(a, squares, p)) break;
  }
  return a;
}

/** One sweep over all pairs of columns; false where all were orthogonal already. */
function rotateAll(a: Float64Array, squares: Float64Array, p: number): boolean {
  let rotated = false;
  for (let i = 0; i < p - 1; i++) {
    for (let j = i + 1; j < p; j++) {
      const alpha = squares[i]!;
      const beta = squares[j]!;
      const gamma = dot(a, i * p, j * p, p);
      if (Math.abs(gamma) <= 1e-15 * Math.sqrt(alpha) * Math.sqrt(beta) || gamma === 0) continue;
      rotated = true;
      const zeta = (beta - alpha) / (2 * gamma);
      const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
      const cosine = 1 / Math.sqrt(1 + t * t);
      rotate(a, i * p, j * p, p, cosine, cosine * t);
      squares[i] = alpha - t * gamma;
      squares[j] = beta + t * gamma;
    }
  }
  return rotated;
}

function rotate(
  a: Float64Array,
  x: number,
  y: number,
  p: number,
  cosine: number,
  sine: number,
): void {
  for (let k = 0; k < p; k++) {
    const first = a[x + k]!;
    const second = a[y + k]!;
    a[x + k] = cosine * first - sine * second;
    a[y + k] = sine * first + cosine * second;
  }
}

function dot(a: Float64Array, x: number, y: number, p: number): number {
  let s0 = 0;
  let s1 = 0;
  let k = 0;
  for (; k + 1 < p; k += 2) {
    s0 += a[x + k]! * a[y + k]!;
    s1 += a[x + k + 1]! * a[y + k + 1]!;
  }
  if (k < p) s0 += a[x + k]! * a[y + k]!;
  return s0 + s1;
}

/** Largest over smallest singular value of R: 1 for orthonormal columns, Infinity for a zero one. */
export function conditionNumber(r: Float64Array, p: number): number {
  if (p === 0) return 1;
  const values = singularValues(r, p);
  const smallest = values[p - 1]!;
  return smallest === 0 ? Infinity : values[0]! / smallest;
}

/** R with each column divided by its length: the triangle of X with columns of unit length. */
export function unitColumns(r: Float64Array, p: number): Float64Array {
  const scaled = new Float64Array(p * p);
  for (let j = 0; j < p; j++) {
    const length = Math.sqrt(dot(r, j * p, j * p, p));
    for (let i = 0; i <= j; i++) scaled[j * p + i] = length > 0 ? r[j * p + i]! / length : 0;
  }
  return scaled;
}
