import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AppError } from '../../../../shared/errors.ts';
import { WordTable } from '../../../formats/dashboards/word-table.ts';
import { SafetensorsWriter } from '../../../formats/safetensors-writer.ts';
import { writeFileAtomically } from '../../files.ts';
import { jobFiles } from '../../job-folder.ts';
import { GrowingColumn } from './growing-column.ts';
import { ScratchFile } from './scratch-file.ts';

/** Padding behind a sequence that is shorter than the longest. */
export const noToken = -1;
const rowsAtOnce = 1024;

/**
 * The token sequences behind examples, each once however many features show it: told apart by the
 * SHA-256 of their tokens. Dashboards hold words and no ids, so words are numbered as they come.
 */
export class SequenceStore {
  readonly #folder: string;
  readonly #scratch: ScratchFile;
  readonly words = new WordTable();
  readonly #rows = new Map<string, number>();
  /** Of arrays that never change. */
  readonly #rowsOfLasting = new Map<Int32Array, number>();
  readonly #lengths = new GrowingColumn(Int32Array);
  #longest = 0;
  #shared = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.#scratch = new ScratchFile(join(folder, 'sequences.tmp'));
  }

  get count(): number {
    return this.#lengths.length;
  }

  /** Tokens of the longest sequence. */
  get context(): number {
    return this.#longest;
  }

  /** Examples whose sequence was there already. */
  get shared(): number {
    return this.#shared;
  }

  /**
   * Row of a sequence. @param isLasting whether the array is never changed, so that it needs no second look
   * @throws AppError `too-large` for more tokens than can be numbered.
   */
  add(ids: Int32Array, isLasting = false): number {
    if (!isLasting) return this.#add(ids);
    const known = this.#rowsOfLasting.get(ids);
    if (known !== undefined) {
      this.#shared++;
      return known;
    }
    const row = this.#add(ids);
    this.#rowsOfLasting.set(ids, row);
    return row;
  }

  #add(ids: Int32Array): number {
    const key = createHash('sha256')
      .update(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength))
      .digest('base64');
    const known = this.#rows.get(key);
    if (known !== undefined) {
      this.#shared++;
      return known;
    }
    const row = this.count;
    this.#rows.set(key, row);
    this.#scratch.append(ids);
    this.#lengths.push(ids.length);
    this.#longest = Math.max(this.#longest, ids.length);
    if (this.count * this.#longest > 0x7fffffff)
      throw new AppError(
        'too-large',
        'The examples hold more than 2 billion tokens. Import fewer batches at a time.',
      );
    return row;
  }

  /** Writes tokens.safetensors, each row padded with -1, and vocabulary.json. */
  async write(beat: () => Promise<void>): Promise<void> {
    const { count, context } = this;
    const writer = new SafetensorsWriter(join(this.#folder, jobFiles.tokens), [
      { name: 'input_ids', dtype: 'I32', shape: [count, context] },
    ]);
    let position = 0;
    for (let first = 0; first < count; first += rowsAtOnce) {
      await beat();
      const rows = Math.min(rowsAtOnce, count - first);
      const block = new Int32Array(rows * context).fill(noToken);
      for (let r = 0; r < rows; r++) {
        const length = this.#lengths.at(first + r);
        this.#scratch.read(position, block.subarray(r * context, r * context + length));
        position += 4 * length;
      }
      writer.write('input_ids', block, first * context);
    }
    writer.close();
    writeFileAtomically(
      join(this.#folder, jobFiles.vocabulary),
      JSON.stringify(this.words.words()),
    );
  }

  close(): void {
    this.#scratch.close();
  }
}
