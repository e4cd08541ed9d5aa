import type { Engine, Sparse } from '../engine.ts';

/** A sparse matrix that is filled row by row. */
export class Entries {
  readonly #engine: Engine;
  readonly #columns: number;
  readonly #pointers: Int32Array;
  readonly #indices: Int32Array;
  readonly #values: Float64Array;
  #row = 0;
  #count = 0;

  constructor(engine: Engine, rows: number, columns: number, capacity: number) {
    this.#engine = engine;
    this.#columns = columns;
    this.#pointers = new Int32Array(rows + 1);
    this.#indices = new Int32Array(capacity);
    this.#values = new Float64Array(capacity);
  }

  push(column: number, value: number): void {
    this.#indices[this.#count] = column;
    this.#values[this.#count++] = value;
  }

  endRow(): void {
    this.#pointers[++this.#row] = this.#count;
  }

  sparse(): Sparse {
    const count = this.#count;
    return {
      rows: this.#row,
      columns: this.#columns,
      count,
      pointers: this.#engine.ints(this.#pointers, [this.#row + 1]),
      indices: this.#engine.ints(this.#indices.subarray(0, count), [count]),
      values: this.#engine.floats(this.#values.subarray(0, count), [count]),
    };
  }
}
