import { RandomStream, streams } from '../random.ts';
import { ComputedPermutation } from './computed-permutation.ts';

/** Rows up to which the order of an epoch is held, four bytes each. */
const heldRows = 1 << 24;

/**
 * The order in which a job sees the rows of its token file: each epoch a new permutation of all rows,
 * uniform over them, a function of the seed and the epoch alone. There is no buffer that is shuffled in
 * place of the file, as where data come over a network: rows are read where they lie. A position in the
 * stream (the cursor) is the number of rows seen, so a job that resumes at a cursor sees exactly the
 * rows that it would have seen. Beyond 16 million rows the permutation is computed, not held.
 */
export class SequenceOrder {
  readonly rows: number;
  readonly #seed: number;
  #epoch = -1;
  #rowAt: (position: number) => number = () => 0;

  /**
   * @param rows number of rows in the token file
   * @param seed the job's data seed
   */
  constructor(rows: number, seed: number) {
    this.rows = rows;
    this.#seed = seed;
  }

  /** Row numbers at positions `cursor` up to `cursor + count` of the stream. */
  take(cursor: number, count: number): Int32Array {
    return Int32Array.from({ length: count }, (_, i) => this.#at(cursor + i));
  }

  /** Bytes of memory that the order of `rows` rows takes. */
  static bytes(rows: number): number {
    return rows > heldRows ? 0 : 4 * rows;
  }

  #at(position: number): number {
    const epoch = Math.floor(position / this.rows);
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#rowAt = permutation(this.rows, this.#seed, epoch);
    }
    return this.#rowAt(position % this.rows);
  }
}

function permutation(rows: number, seed: number, epoch: number): (position: number) => number {
  if (rows > heldRows) {
    const computed = new ComputedPermutation(rows, seed, streams.sequenceOrder, epoch);
    return (position) => computed.at(position);
  }
  const order = new RandomStream(seed, streams.sequenceOrder, epoch).permutation(rows);
  return (position) => order[position]!;
}
