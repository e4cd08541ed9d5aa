import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fileError } from '../../../shared/errors.ts';

/**
 * What is done to every number of a dictionary on its way into the form, by the vectors of WebAssembly
 * (kernels/). Arrays that lie in the memory of the kernels are worked on where they are; others are brought
 * there and back by pieces.
 */
interface Kernels {
  readonly heapBase: { readonly value: number };
  turn(from: number, rows: number, columns: number, start: number, end: number, out: number): void;
  norm(values: number, length: number): number;
  unitRows(values: number, rows: number, columns: number): void;
}

const pageBytes = 1 << 16;
const mostPages = 1 << 16;
const floatBytes = 4;
const cacheLine = 64;

/** 1 MB, unless a row has more. */
const scratchNumbers = 1 << 18;

/** Shared, since arrays in such a memory outlive its growth. */
const memory = new WebAssembly.Memory({ initial: 1, maximum: mostPages, shared: true });
const buffers = new WeakSet<ArrayBufferLike>();

let kernels: Kernels | undefined;
/** Where the memory that is not given out begins. */
let free = 0;
let scratch: Float32Array | undefined;

const unused: Float32Array[] = [];

/** Room for at least so many numbers in the memory of the kernels, until it is given back. */
export function borrowFloats(length: number): Float32Array {
  const at = unused.findIndex((room) => room.length >= length);
  return at < 0 ? kernelFloats(length) : unused.splice(at, 1)[0]!;
}

export function giveBack(...rooms: readonly Float32Array[]): void {
  unused.push(...rooms);
}

/** Numbers in the memory of the kernels, which does not shrink: whoever asked is to use them again. */
export function kernelFloats(length: number): Float32Array {
  const start = Math.ceil((free || load().heapBase.value) / cacheLine) * cacheLine;
  const end = start + length * floatBytes;
  const missing = Math.ceil((end - memory.buffer.byteLength) / pageBytes);
  if (missing > 0) memory.grow(missing);
  free = end;
  buffers.add(memory.buffer);
  return new Float32Array(memory.buffer, start, length);
}

/**
 * out [end - start, columns] = the columns `start` up to `end` of a matrix [columns, rows], as rows. The
 * matrix must lie in the memory of the kernels.
 */
export function turn(
  matrix: Float32Array,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  start: number,
  out: Float32Array,
): void {
  for (const { at, first, count } of piecesOf(out, columns)) {
    const from = start + first;
    load().turn(matrix.byteOffset, rows, columns, from, from + count, at);
  }
}

/** L2 norms of the rows of `values` [rows, columns], summed in float64. */
export function rowNorms(values: Float32Array, columns: number): Float64Array {
  const norms = new Float64Array(values.length / columns);
  for (const { at, first, count } of piecesOf(values, columns))
    for (let row = 0; row < count; row++)
      norms[first + row] = load().norm(at + row * columns * floatBytes, columns);
  return norms;
}

/** Divides each row of `values` [rows, columns] by max(its L2 norm, 1e-12), in place. */
export function divideByNorms(values: Float32Array, columns: number): void {
  for (const { at, count } of piecesOf(values, columns)) load().unitRows(at, count, columns);
}

/** Some rows of a matrix while they lie in the memory of the kernels, from byte `at`. */
interface Piece {
  readonly at: number;
  readonly first: number;
  readonly count: number;
}

function* piecesOf(values: Float32Array, columns: number): Generator<Piece> {
  const rows = values.length / columns;
  if (buffers.has(values.buffer)) {
    yield { at: values.byteOffset, first: 0, count: rows };
    return;
  }
  const step = Math.max(1, Math.floor(scratchNumbers / columns));
  for (let first = 0; first < rows; first += step) {
    const count = Math.min(step, rows - first);
    const original = values.subarray(first * columns, (first + count) * columns);
    if (!scratch || scratch.length < original.length)
      scratch = kernelFloats(Math.max(scratchNumbers, original.length));
    const copy = scratch.subarray(0, original.length);
    copy.set(original);
    yield { at: copy.byteOffset, first, count };
    original.set(copy);
  }
}

/** Compiled when they are first needed. @throws AppError where they were not built. */
function load(): Kernels {
  return (kernels ??= compile());
}

function compile(): Kernels {
  const file = fileURLToPath(new URL('./build/rows.wasm', import.meta.url));
  try {
    const module = new WebAssembly.Module(new Uint8Array(readFileSync(file)));
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    return instance.exports as unknown as Kernels;
  } catch (error) {
    throw fileError(error, file);
  }
}
