import type { Sparse, Tensor } from '../../engine.ts';
import { Handles, sizeOf, type Storage } from '../handles.ts';
import { Allocator, type Block } from './allocator.ts';
import type { ThreadPool } from './thread-pool.ts';

interface MemoryStorage extends Storage {
  readonly block: Block;
  /** What was found out about a pattern whose column numbers these are. */
  pattern?: Pattern;
}

/** A pattern that is known to lie inside its matrix, and the same by columns once that was asked for. */
interface Pattern {
  readonly columns: number;
  readonly count: number;
  readonly pointers: MemoryStorage;
  /** Where the column numbers begin, and the pointers. */
  readonly places: readonly [number, number];
  byColumns?: Block;
}

const pageBytes = 65536;
/** The small room of its own that each thread always has: the sums of kernels/skinny.ts fill it. */
export const scratchBytes = 8192;
/** Elements of a task that passes over memory once: long beside the cost of handing it out. */
export const elementGrain = 1 << 15;

/** Tensors over linear memory, and the kernels that work on them. */
export class WasmStore {
  readonly pool: ThreadPool;
  readonly handles = new Handles<MemoryStorage>(({ block, pattern }) => {
    this.#allocator.release(block);
    if (pattern?.byColumns) this.#allocator.release(pattern.byColumns);
  });
  readonly #memory: WebAssembly.Memory;
  readonly #allocator: Allocator;
  /** First of the threads' rooms, `scratchBytes` apart. */
  readonly scratch: number;

  constructor(pool: ThreadPool, memory: WebAssembly.Memory, limit: number) {
    this.pool = pool;
    this.#memory = memory;
    const start = Math.ceil(pool.heapBase / 64) * 64;
    this.#allocator = new Allocator(start, limit, (bytes) => {
      const missing = Math.ceil((bytes - memory.buffer.byteLength) / pageBytes);
      if (missing > 0) memory.grow(missing);
    });
    this.scratch = this.#allocator.allocate(scratchBytes * pool.threads).address;
  }

  /** A new tensor with whatever its memory held before. */
  create(shape: readonly number[], kind: Tensor['kind'] = 'float'): Tensor {
    const block = this.#allocator.allocate(4 * sizeOf(shape));
    return this.handles.own({ bytes: block.size, block }, shape, kind);
  }

  zeros(shape: readonly number[]): Tensor {
    const out = this.create(shape);
    this.runElements('clear', out.size, this.at(out));
    return out;
  }

  /** The address of a tensor's first entry. */
  at(tensor: Tensor): number {
    const handle = this.handles.of(tensor);
    return handle.storage.block.address + 4 * handle.offset;
  }

  /** The address of an operand that may be left out, or 0. */
  atOptional(tensor: Tensor | undefined): number {
    return tensor ? this.at(tensor) : 0;
  }

  /** `at` and `atOptional` as functions of their own, for long lists of operands. */
  addresses(): { at: (x: Tensor) => number; atOptional: (x: Tensor | undefined) => number } {
    return { at: (x) => this.at(x), atOptional: (x) => this.atOptional(x) };
  }

  /** A float tensor's numbers, in place. Valid until the memory grows: not across a `create`. */
  floats(tensor: Tensor): Float32Array {
    return new Float32Array(this.#memory.buffer, this.at(tensor), tensor.size);
  }

  ints(tensor: Tensor): Int32Array {
    return new Int32Array(this.#memory.buffer, this.at(tensor), tensor.size);
  }

  doublesAt(address: number, count: number): Float64Array {
    return new Float64Array(this.#memory.buffer, address, count);
  }

  intsAt(address: number, count: number): Int32Array {
    return new Int32Array(this.#memory.buffer, address, count);
  }

  /** Lends `use` a block of memory for as long as it runs. */
  lend<T>(bytes: number, use: (address: number) => T): T {
    const block = this.#allocator.allocate(bytes);
    try {
      return use(block.address);
    } finally {
      this.#allocator.release(block);
    }
  }

  /** Notes that the pattern of a sparse matrix lies inside it, which kernels rely on. */
  trust(x: Sparse): void {
    const storage = this.handles.of(x.indices).storage;
    if (storage.pattern?.byColumns) this.#allocator.release(storage.pattern.byColumns);
    const pointers = this.handles.of(x.pointers).storage;
    const places = [this.at(x.indices), this.at(x.pointers)] as const;
    storage.pattern = { columns: x.columns, count: x.count, pointers, places };
  }

  isTrusted({ indices, pointers, columns, count }: Sparse): boolean {
    const { pattern } = this.handles.of(indices).storage;
    return (
      pattern?.columns === columns &&
      pattern.count === count &&
      pattern.pointers === this.handles.of(pointers).storage &&
      pattern.places[0] === this.at(indices) &&
      pattern.places[1] === this.at(pointers)
    );
  }

  /**
   * A block that a trusted pattern keeps for as long as it lives; `fill` writes it when it is first
   * asked for.
   */
  byColumns({ indices }: Sparse, bytes: number, fill: (address: number) => void): number {
    const pattern = this.handles.of(indices).storage.pattern!;
    if (!pattern.byColumns) {
      pattern.byColumns = this.#allocator.allocate(bytes);
      fill(pattern.byColumns.address);
    }
    return pattern.byColumns.address;
  }

  /** Runs a kernel over the elements of a tensor or list. */
  runElements(kernel: string, count: number, ...list: number[]): void {
    this.pool.run(kernel, count, elementGrain, ...list);
  }

  /** Runs a kernel over rows of `columns` elements each, as many to a task as make up its grain. */
  runRows(kernel: string, rows: number, columns: number, ...list: number[]): void {
    this.pool.run(kernel, rows, Math.max(1, Math.floor(elementGrain / (columns + 1))), ...list);
  }

  /** Runs a kernel; see ThreadPool.run. */
  run(kernel: string, items: number, grain: number, ...list: number[]): void {
    this.pool.run(kernel, items, grain, ...list);
  }
}
