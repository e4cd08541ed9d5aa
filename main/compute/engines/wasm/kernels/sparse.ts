/**
 * Sparse codes in compressed rows. Products touch stored entries alone; the work on an entry is one
 * pass over a row of the dense operand, so that all of them run at the speed of memory.
 */
import { dot, dotFour } from './dots';
import { addScaledAll } from './elementwise';
import { normOf, normSlopes } from './reductions';
import { nonzeroIn } from './sums';
import { loadOne, multiplyAdd, storeOne, VECTOR, WORD, words } from './vector';

/** Task: rows. counts[i] is the number of entries of row i that are not 0. */
export function countRows(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  counts: usize,
  columns: i32,
): void {
  for (let row = begin; row < end; row++)
    store<i32>(counts + words(row), nonzeroIn(x + <usize>row * words(columns), columns));
}

/** Task: rows. Writes the entries of each row that are not 0 from pointers[row] on. */
export function compressRows(
  thread: i32,
  begin: i32,
  end: i32,
  x: usize,
  pointers: usize,
  indices: usize,
  values: usize,
  columns: i32,
): void {
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * words(columns);
    let at = words(load<i32>(pointers + words(row)));
    let column = 0;
    for (; column + 4 <= columns; column += 4) {
      const four = v128.load(from + words(column));
      let found = i32x4.bitmask(f32x4.ne(four, f32x4.splat(0)));
      while (found) {
        const here = column + ctz(found);
        store<i32>(indices + at, here);
        store<f32>(values + at, load<f32>(from + words(here)));
        at += WORD;
        found &= found - 1;
      }
    }
    for (; column < columns; column++) {
      const value = load<f32>(from + words(column));
      if (value == 0) continue;
      store<i32>(indices + at, column);
      store<f32>(values + at, value);
      at += WORD;
    }
  }
}

/** Task: rows. */
export function densifyRows(
  thread: i32,
  begin: i32,
  end: i32,
  pointers: usize,
  indices: usize,
  values: usize,
  out: usize,
  columns: i32,
): void {
  for (let row = begin; row < end; row++) {
    const to = out + <usize>row * words(columns);
    memory.fill(to, 0, words(columns));
    const last = words(load<i32>(pointers + words(row + 1)));
    for (let at = words(load<i32>(pointers + words(row))); at < last; at += WORD)
      store<f32>(to + words(load<i32>(indices + at)), load<f32>(values + at));
  }
}

/** out += sum of value[t] table[index[t]] over the entries [first, last), given in bytes. */
function addRows(
  out: usize,
  width: i32,
  table: usize,
  indices: usize,
  values: usize,
  first: usize,
  last: usize,
): void {
  const size = words(width);
  const whole = words(width & -4);
  // Four rows at a time: a load and a store of the sum for each four multiply-adds.
  while (first + 4 * WORD <= last) {
    const a = table + <usize>load<u32>(indices + first) * size;
    const b = table + <usize>load<u32>(indices + first, 4) * size;
    const c = table + <usize>load<u32>(indices + first, 8) * size;
    const d = table + <usize>load<u32>(indices + first, 12) * size;
    const valueA = v128.load32_splat(values + first);
    const valueB = v128.load32_splat(values + first, 4);
    const valueC = v128.load32_splat(values + first, 8);
    const valueD = v128.load32_splat(values + first, 12);
    let at: usize = 0;
    for (; at < whole; at += VECTOR) {
      let sum = multiplyAdd(v128.load(a + at), valueA, v128.load(out + at));
      sum = multiplyAdd(v128.load(b + at), valueB, sum);
      sum = multiplyAdd(v128.load(c + at), valueC, sum);
      v128.store(out + at, multiplyAdd(v128.load(d + at), valueD, sum));
    }
    for (; at < size; at += WORD) {
      let sum = multiplyAdd(loadOne(a + at), valueA, loadOne(out + at));
      sum = multiplyAdd(loadOne(b + at), valueB, sum);
      sum = multiplyAdd(loadOne(c + at), valueC, sum);
      storeOne(out + at, multiplyAdd(loadOne(d + at), valueD, sum));
    }
    first += 4 * WORD;
  }
  for (; first < last; first += WORD) {
    const from = table + <usize>load<u32>(indices + first) * size;
    addScaledAll(out, from, width, load<f32>(values + first));
  }
}

/**
 * Task: rows of the result. out[i] = sum over the entries of row i of value table[index] + bias;
 * bias is 0 for none. Rows without entries are the bias alone.
 */
export function sparseMatmul(
  thread: i32,
  begin: i32,
  end: i32,
  pointers: usize,
  indices: usize,
  values: usize,
  table: usize,
  bias: usize,
  out: usize,
  width: i32,
): void {
  for (let row = begin; row < end; row++) {
    const to = out + <usize>row * words(width);
    if (bias) memory.copy(to, bias, words(width));
    else memory.fill(to, 0, words(width));
    const first = words(load<i32>(pointers + words(row)));
    const last = words(load<i32>(pointers + words(row + 1)));
    addRows(to, width, table, indices, values, first, last);
  }
}

/**
 * The pattern by columns, by counting: columnPointers [columns + 1], and for each entry in the order
 * of columns its row and its place in the order of rows; rows rise within a column. One task, [0, 1).
 */
export function transposeCode(
  thread: i32,
  begin: i32,
  end: i32,
  pointers: usize,
  indices: usize,
  rows: i32,
  columns: i32,
  columnPointers: usize,
  rowIndices: usize,
  places: usize,
): void {
  const count = load<i32>(pointers + words(rows));
  memory.fill(columnPointers, 0, words(columns + 1));
  for (let entry = 0; entry < count; entry++) {
    const at = columnPointers + words(load<i32>(indices + words(entry)));
    store<i32>(at, load<i32>(at) + 1);
  }
  let next = 0;
  for (let column = 0; column <= columns; column++) {
    const at = columnPointers + words(column);
    const here = load<i32>(at);
    store<i32>(at, next);
    next += here;
  }
  for (let row = 0; row < rows; row++) {
    const last = load<i32>(pointers + words(row + 1));
    for (let entry = load<i32>(pointers + words(row)); entry < last; entry++) {
      const next = columnPointers + words(load<i32>(indices + words(entry)));
      const to = load<i32>(next);
      store<i32>(next, to + 1);
      store<i32>(rowIndices + words(to), row);
      store<i32>(places + words(to), entry);
    }
  }
  // Each pointer has moved on to the start of the next column: move them back by one.
  memory.copy(columnPointers + WORD, columnPointers, words(columns));
  store<i32>(columnPointers, 0);
}

/** Task: entries. out[i] = values[places[i]]. */
export function gatherValues(
  thread: i32,
  begin: i32,
  end: i32,
  values: usize,
  places: usize,
  out: usize,
): void {
  const last = words(end);
  for (let at = words(begin); at < last; at += WORD)
    store<f32>(out + at, load<f32>(values + words(load<i32>(places + at))));
}

/** Task: columns. out[j] is the sum of the values of column j, in the order of rows. */
export function sumSegments(
  thread: i32,
  begin: i32,
  end: i32,
  pointers: usize,
  values: usize,
  out: usize,
): void {
  for (let segment = begin; segment < end; segment++) {
    const last = words(load<i32>(pointers + words(segment + 1)));
    let sum: f64 = 0;
    for (let at = words(load<i32>(pointers + words(segment))); at < last; at += WORD)
      sum += <f64>load<f32>(values + at);
    store<f32>(out + words(segment), <f32>sum);
  }
}

/** Task: rows of the pattern. out[entry] = <g[row], table[index]>. */
export function sampledMatmul(
  thread: i32,
  begin: i32,
  end: i32,
  pointers: usize,
  indices: usize,
  g: usize,
  table: usize,
  out: usize,
  width: i32,
): void {
  const size = words(width);
  for (let row = begin; row < end; row++) {
    const from = g + <usize>row * size;
    const last = words(load<i32>(pointers + words(row + 1)));
    let at = words(load<i32>(pointers + words(row)));
    for (; at + 4 * WORD <= last; at += 4 * WORD) {
      const a = table + <usize>load<u32>(indices + at) * size;
      const b = table + <usize>load<u32>(indices + at, 4) * size;
      const c = table + <usize>load<u32>(indices + at, 8) * size;
      const d = table + <usize>load<u32>(indices + at, 12) * size;
      dotFour(from, a, b, c, d, width, out + at);
    }
    for (; at < last; at += WORD)
      store<f32>(out + at, dot(from, table + <usize>load<u32>(indices + at) * size, width));
  }
}

/** Task: rows. */
export function sparseNormRows(
  thread: i32,
  begin: i32,
  end: i32,
  pointers: usize,
  values: usize,
  out: usize,
  p: f64,
): void {
  for (let row = begin; row < end; row++) {
    const first = load<i32>(pointers + words(row));
    const count = load<i32>(pointers + words(row + 1)) - first;
    store<f32>(out + words(row), normOf(values + words(first), count, p));
  }
}

/** Task: rows. One number per stored entry. */
export function sparseNormRowsGradient(
  thread: i32,
  begin: i32,
  end: i32,
  pointers: usize,
  values: usize,
  norms: usize,
  weight: usize,
  out: usize,
  p: f64,
): void {
  for (let row = begin; row < end; row++) {
    const first = load<i32>(pointers + words(row));
    const count = load<i32>(pointers + words(row + 1)) - first;
    const norm = load<f32>(norms + words(row));
    const at = words(first);
    normSlopes(values + at, out + at, count, norm, p, load<f32>(weight + words(row)));
  }
}
