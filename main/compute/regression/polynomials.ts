/**
 * R's poly(x, degree): polynomials that are orthogonal over the present values, of unit length and with
 * positive leading coefficient, by the three-term recurrence (Kennedy & Gentle 1980, pp. 343-4, which
 * R follows too). NaN where x is missing.
 */
export function orthogonalPolynomials(x: Float64Array, degree: number): Float64Array[] {
  const present = (sum: (i: number) => number): number => {
    let total = 0;
    for (let i = 0; i < x.length; i++) if (!Number.isNaN(x[i]!)) total += sum(i);
    return total;
  };
  const count = present(() => 1);
  const mean = present((i) => x[i]!) / count;
  const centred = x.map((value) => value - mean);
  let before = new Float64Array(x.length);
  let current = new Float64Array(x.length).fill(1);
  let beforeSquares = 1;
  let squares = count;
  const columns: Float64Array[] = [];
  for (let k = 0; k < degree; k++) {
    const [p, q] = [current, before];
    const alpha = present((i) => centred[i]! * p[i]! * p[i]!) / squares;
    const beta = k === 0 ? 0 : squares / beforeSquares;
    const next = p.map((value, i) => (centred[i]! - alpha) * value - beta * q[i]!);
    // Once more, because the recurrence loses orthogonality to the lower ones.
    for (const lower of columns) {
      const along = present((i) => lower[i]! * next[i]!);
      for (let i = 0; i < next.length; i++) next[i]! -= along * lower[i]!;
    }
    before = current;
    current = next;
    beforeSquares = squares;
    squares = present((i) => next[i]! ** 2);
    const length = Math.sqrt(squares);
    columns.push(next.map((value) => value / length));
  }
  return columns;
}

/** x, x^2, … x^degree. */
export function rawPowers(x: Float64Array, degree: number): Float64Array[] {
  return Array.from({ length: degree }, (_, k) => x.map((value) => value ** (k + 1)));
}
