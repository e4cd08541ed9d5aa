import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AppError } from '../../../../shared/errors.ts';
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
  readonly #ids = new Map<string, number>();
  readonly #rows = new Map<string, number>();
  readonly #lengths = new GrowingColumn(Int32Array);
  #buffer = new Int32Array(256);
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

  /** The number of a word; a NUL, which no database text may hold, is shown by its symbol. */
  idOf(word: string): number {
    let id = this.#ids.get(word);
    if (id === undefined) {
      const clean = word.includes('\0') ? word.replaceAll('\0', '␀') : word;
      id = clean === word ? this.#ids.size : this.idOf(clean);
      this.#ids.set(word, id);
    }
    return id;
  }

  /** Row of a sequence. @throws AppError `too-large` for more tokens than can be numbered. */
  add(tokens: readonly string[]): number {
    if (tokens.length > this.#buffer.length) this.#buffer = new Int32Array(2 * tokens.length);
    for (let i = 0; i < tokens.length; i++) this.#buffer[i] = this.idOf(tokens[i]!);
    const ids = this.#buffer.subarray(0, tokens.length);
    const key = createHash('sha256')
      .update(new Uint8Array(ids.buffer, 0, ids.byteLength))
      .digest('base64');
    const known = this.#rows.get(key);
    if (known !== undefined) {
      this.#shared++;
      return known;
    }
    const row = this.count;
    this.#rows.set(key, row);
    this.#scratch.append(ids);
    this.#lengths.push(tokens.length);
    this.#longest = Math.max(this.#longest, tokens.length);
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
    const words: string[] = [];
    for (const [word, id] of this.#ids) words[id] ??= word;
    writeFileAtomically(join(this.#folder, jobFiles.vocabulary), JSON.stringify(words));
  }

  close(): void {
    this.#scratch.close();
  }
}
