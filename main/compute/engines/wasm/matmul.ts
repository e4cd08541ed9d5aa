import type { MatmulOptions, Tensor } from '../../engine.ts';
import { product } from '../checks.ts';
import { scratchBytes, type WasmStore } from './store.ts';

/** Register tile of the micro-kernel; see kernels/pack.ts. */
const tileRows = 6;
const tileColumns = 8;

/** Steps along the inner axis per pass: a sliver of B of this depth fills half a 32 kB cache. */
const maximumDepth = 512;
/** Rows of A per task: with the depth above, 192 kB of a second-level cache. */
const taskRows = 96;
/** Columns of B per task. */
const taskColumns = 256;
/** Rows of A and columns of B that are packed at a time: a few MB each, for the last-level cache. */
const panelRows = 1536;
const panelColumns = 3072;
/** Rows of A, or columns of B, up to which a product is skinny, and its items per task. */
const fewRows = 4;
const skinnyChunk = 512;
/** Slivers per packing task. */
const packGrain = 16;

/** Cuts a length into equal parts no longer than `maximum`; answers their length, in whole `unit`s. */
function evenPart(length: number, maximum: number, unit: number): number {
  const parts = Math.max(1, Math.ceil(length / maximum));
  return Math.max(unit, Math.ceil(length / parts / unit) * unit);
}

/** Room for a packed panel, in whole cache lines; the gap is that of kernels/pack.ts. */
function packedBytes(items: number, width: number, depth: number): number {
  return Math.ceil(items / width) * Math.ceil((4 * width * depth + 64) / 64) * 64;
}

interface Operand {
  readonly address: number;
  /** Bytes between neighbours along the rows (of A) or columns (of B). */
  readonly itemStride: number;
  /** Bytes between neighbours along the inner axis. */
  readonly stepStride: number;
}

interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly left: Operand;
  readonly right: Operand;
  readonly out: number;
  readonly bias: number;
  /** 1 adds to what is in the result. */
  readonly mode: number;
}

/** out (+)= op(a) op(b) + bias. */
export function multiply(
  store: WasmStore,
  out: Tensor,
  a: Tensor,
  b: Tensor,
  options: MatmulOptions,
  accumulate: boolean,
): void {
  const { m, n, k } = product('matmul', a, b, options);
  if (m === 0 || n === 0) return;
  const left: Operand = options.transA
    ? { address: store.at(a), itemStride: 4, stepStride: 4 * m }
    : { address: store.at(a), itemStride: 4 * k, stepStride: 4 };
  const right: Operand = options.transB
    ? { address: store.at(b), itemStride: 4 * k, stepStride: 4 }
    : { address: store.at(b), itemStride: 4, stepStride: 4 * n };
  const task: Product = {
    ...{ m, n, k, left, right },
    out: store.at(out),
    bias: store.atOptional(options.bias),
    mode: accumulate ? 1 : 0,
  };
  if (Math.min(m, n) <= fewRows) multiplySkinny(store, task);
  else multiplyBlocks(store, task);
}

/**
 * In blocks that depend on the shapes alone: first the columns of B, then the inner axis, then the
 * rows of A, each packed once per block.
 */
function multiplyBlocks(store: WasmStore, task: Product): void {
  const { m, n, k, left, right, out, bias, mode } = task;
  const depth = evenPart(k, maximumDepth, 4);
  const rows = evenPart(m, panelRows, taskRows);
  const columns = evenPart(n, panelColumns, taskColumns);
  const bytesA = packedBytes(Math.min(rows, m), tileRows, Math.min(depth, k));
  const bytesB = packedBytes(Math.min(columns, n), tileColumns, Math.min(depth, k));
  store.lend(bytesA + bytesB, (packedA) => {
    const packedB = packedA + bytesA;
    for (let column = 0; column < n; column += columns) {
      const width = Math.min(columns, n - column);
      // An empty inner axis still writes the bias, or zeros.
      for (let step = 0; step < Math.max(1, k); step += depth) {
        const steps = Math.min(depth, k - step);
        pack(store, right, column, width, step, steps, packedB, tileColumns);
        for (let row = 0; row < m; row += rows) {
          const height = Math.min(rows, m - row);
          pack(store, left, row, height, step, steps, packedA, tileRows);
          const tiles = Math.ceil(height / taskRows) * Math.ceil(width / taskColumns);
          store.run(
            'matmulTiles',
            tiles,
            1,
            packedA,
            packedB,
            out + 4 * (row * n + column),
            4 * n,
            height,
            width,
            steps,
            step > 0 ? 1 : mode,
            bias !== 0 && step === 0 ? bias + 4 * column : 0,
            taskRows,
            taskColumns,
            store.scratch,
            scratchBytes,
          );
        }
      }
    }
  });
}

/** Products of at most four rows of A, or columns of B, without packing; see kernels/skinny.ts. */
function multiplySkinny(
  store: WasmStore,
  { m, n, k, left, right, out, bias, mode }: Product,
): void {
  const byRows = m <= fewRows;
  const [count, items] = byRows ? [m, n] : [n, m];
  const [few, many] = byRows ? [left, right] : [right, left];
  const strides = byRows ? [4 * n, 4] : [4, 4 * n];
  const biasStrides = byRows ? [0, 4] : [4, 0];
  store.lend(4 * count * k, (rows) => {
    const from = [few.address, few.itemStride, few.stepStride];
    store.run('gatherFew', 1, 1, ...from, rows, count, k);
    const operands = [rows, many.address, out, count, k, ...strides, mode, bias, ...biasStrides];
    const scratch = [store.scratch, scratchBytes];
    if (many.stepStride === 4 && many.itemStride === 4 * k)
      store.runRows('fewDots', items, k, ...operands, ...scratch);
    else store.run('fewSums', items, skinnyChunk, ...operands, ...scratch, items);
  });
}

function pack(
  store: WasmStore,
  operand: Operand,
  item: number,
  items: number,
  step: number,
  steps: number,
  packed: number,
  width: number,
): void {
  store.run(
    'packSlivers',
    Math.ceil(items / width),
    packGrain,
    operand.address + item * operand.itemStride + step * operand.stepStride,
    operand.itemStride,
    operand.stepStride,
    packed,
    width,
    items,
    steps,
  );
}
