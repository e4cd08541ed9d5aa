import { RandomStream, streams } from '../random.ts';

/**
 * The order in which a job sees the rows of its token file: each epoch a new permutation, a function
 * of the seed and the epoch alone. A position in the stream (the cursor) is the number of rows seen,
 * so a job that resumes at a cursor sees exactly the rows that it would have seen.
 */
export class SequenceOrder {
  readonly #rows: number;
  readonly #seed: number;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array(0);

  /**
   * @param rows number of rows in the token file
   * @param seed the job's data seed
   */
  constructor(rows: number, seed: number) {
    this.#rows = rows;
    this.#seed = seed;
  }

  /** Row numbers at positions `cursor` up to `cursor + count` of the stream. */
  take(cursor: number, count: number): Int32Array {
    return Int32Array.from({ length: count }, (_, i) => this.#at(cursor + i));
  }

  #at(position: number): number {
    const epoch = Math.floor(position / this.#rows);
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#order = new RandomStream(this.#seed, streams.sequenceOrder, epoch).permutation(
        this.#rows,
      );
    }
    return this.#order[position % this.#rows]!;
  }
}
