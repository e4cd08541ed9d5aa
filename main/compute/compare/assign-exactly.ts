/**
 * One-to-one assignment of largest total, exactly: shortest augmenting paths with dual prices
 * (Jonker & Volgenant 1987, in the rectangular form of Crouse 2016). O(rows^2 columns).
 * @param score [rows, columns] row-major with rows <= columns
 * @returns the column of each row
 */
export function assignExactly(
  score: ArrayLike<number>,
  rows: number,
  columns: number,
): { column: Int32Array; total: number } {
  const rowPrice = new Float64Array(rows);
  const columnPrice = new Float64Array(columns);
  const columnOf = new Int32Array(rows).fill(-1);
  const rowOf = new Int32Array(columns).fill(-1);
  const path = new Int32Array(columns);
  const shortest = new Float64Array(columns);
  const left = new Int32Array(columns);
  const rowSeen = new Uint8Array(rows);
  const columnSeen = new Uint8Array(columns);
  for (let start = 0; start < rows; start++) {
    shortest.fill(Infinity);
    rowSeen.fill(0);
    columnSeen.fill(0);
    for (let j = 0; j < columns; j++) left[j] = columns - 1 - j;
    let count = columns;
    let row = start;
    let length = 0;
    let sink = -1;
    while (sink === -1) {
      rowSeen[row] = 1;
      const base = row * columns;
      const offset = length - rowPrice[row]!;
      let nearest = -1;
      let lowest = Infinity;
      for (let at = 0; at < count; at++) {
        const j = left[at]!;
        const reduced = offset - score[base + j]! - columnPrice[j]!;
        if (reduced < shortest[j]!) {
          path[j] = row;
          shortest[j] = reduced;
        }
        if (shortest[j]! < lowest || (shortest[j]! === lowest && rowOf[j] === -1)) {
          lowest = shortest[j]!;
          nearest = at;
        }
      }
      length = lowest;
      const j = left[nearest]!;
      if (rowOf[j] === -1) sink = j;
      else row = rowOf[j]!;
      columnSeen[j] = 1;
      left[nearest] = left[--count]!;
    }
    rowPrice[start]! += length;
    for (let i = 0; i < rows; i++)
      if (rowSeen[i] && i !== start) rowPrice[i]! += length - shortest[columnOf[i]!]!;
    for (let j = 0; j < columns; j++) if (columnSeen[j]) columnPrice[j]! -= length - shortest[j]!;
    for (let j = sink, i = -1; i !== start;) {
      i = path[j]!;
      rowOf[j] = i;
      [columnOf[i], j] = [j, columnOf[i]!];
    }
  }
  let total = 0;
  for (let i = 0; i < rows; i++) total += score[i * columns + columnOf[i]!]!;
  return { column: columnOf, total };
}
