/**
 * B-spline basis without its first column, as R's bs(x, knots, degree): de Boor's recurrence (de Boor
 * 1978, chapter X). Values lie within the boundary knots. NaN where x is missing.
 */
export function bSplineBasis(
  x: Float64Array,
  knots: readonly number[],
  boundary: readonly [number, number],
  degree: number,
): Float64Array[] {
  const all = withBoundary(knots, boundary, degree);
  const size = all.length - degree - 1;
  const columns = Array.from({ length: size }, () => new Float64Array(x.length));
  for (let i = 0; i < x.length; i++) {
    if (Number.isNaN(x[i]!)) for (const column of columns) column[i] = NaN;
    else basisAt(x[i]!, all, degree).forEach((value, j) => (columns[j]![i] = value));
  }
  return columns.slice(1);
}

/**
 * Natural cubic spline basis, as R's ns(x, knots): the B-splines without the first, turned by the
 * Householder reflections that make the second derivatives at the boundary knots vanish, without the
 * two columns that these leave over. NaN where x is missing.
 */
export function naturalSplineBasis(
  x: Float64Array,
  knots: readonly number[],
  boundary: readonly [number, number],
): Float64Array[] {
  const all = withBoundary(knots, boundary, 3);
  const ends = boundary.map((end) => secondDerivatives(end, all).slice(1));
  const size = ends[0]!.length;
  const reflections = reflectionsOf(ends);
  const columns = Array.from({ length: size - 2 }, () => new Float64Array(x.length));
  for (let i = 0; i < x.length; i++) {
    if (Number.isNaN(x[i]!)) {
      for (const column of columns) column[i] = NaN;
      continue;
    }
    const row = basisAt(x[i]!, all, 3).slice(1);
    for (const reflection of reflections) reflect(row, reflection);
    columns.forEach((column, j) => (column[i] = row[j + 2]!));
  }
  return columns;
}

function withBoundary(
  knots: readonly number[],
  [low, high]: readonly [number, number],
  degree: number,
): number[] {
  const ends = degree + 1;
  return [...new Array<number>(ends).fill(low), ...knots, ...new Array<number>(ends).fill(high)];
}

/** All B-splines of a degree at one point between the boundary knots. */
function basisAt(x: number, knots: readonly number[], degree: number): number[] {
  const intervals = knots.length - 1;
  const end = knots.at(-1)!;
  // The interval that holds x; the right end belongs to the last one that is not empty.
  let inside = 0;
  while (knots[inside + 1]! < end && x >= knots[inside + 1]!) inside++;
  let values: number[] = new Array<number>(intervals).fill(0);
  values[inside] = 1;
  for (let d = 1; d <= degree; d++) values = raise(values, x, knots, d);
  return values;
}

/** From the splines of degree d - 1 to those of degree d. */
function raise(lower: readonly number[], x: number, knots: readonly number[], d: number): number[] {
  return Array.from({ length: lower.length - 1 }, (_, j) => {
    const left = knots[j + d]! - knots[j]!;
    const right = knots[j + d + 1]! - knots[j + 1]!;
    return (
      (left > 0 ? ((x - knots[j]!) / left) * lower[j]! : 0) +
      (right > 0 ? ((knots[j + d + 1]! - x) / right) * lower[j + 1]! : 0)
    );
  });
}

/** Second derivatives of all cubic B-splines at a boundary knot. */
function secondDerivatives(end: number, knots: readonly number[]): number[] {
  let values = basisAt(end, knots, 1).slice(0, knots.length - 2);
  for (const d of [2, 3]) {
    const lower = values;
    values = Array.from({ length: lower.length - 1 }, (_, j) => {
      const left = knots[j + d]! - knots[j]!;
      const right = knots[j + d + 1]! - knots[j + 1]!;
      return d * ((left > 0 ? lower[j]! / left : 0) - (right > 0 ? lower[j + 1]! / right : 0));
    });
  }
  return values;
}

/** Householder vectors that make the given rows triangular, as R's qr of their transpose. */
function reflectionsOf(rows: readonly (readonly number[])[]): number[][] {
  const work = rows.map((row) => [...row]);
  const reflections: number[][] = [];
  for (let k = 0; k < work.length; k++) {
    const column = work[k]!;
    const vector = column.map((value, i) => (i < k ? 0 : value));
    const length = Math.hypot(...vector);
    vector[k]! += vector[k]! < 0 ? -length : length;
    reflections.push(vector);
    for (const row of work) reflect(row, vector);
  }
  return reflections;
}

function reflect(row: number[], vector: readonly number[]): void {
  let product = 0;
  let squares = 0;
  for (let i = 0; i < row.length; i++) {
    product += row[i]! * vector[i]!;
    squares += vector[i]! ** 2;
  }
  if (squares === 0) return;
  for (let i = 0; i < row.length; i++) row[i]! -= ((2 * product) / squares) * vector[i]!;
}
