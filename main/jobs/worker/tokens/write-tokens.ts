import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import type { PackSpec } from '../../../../shared/domain/tokens.ts';
import { AppError, fileError } from '../../../../shared/errors.ts';
import type { PackCounts, Packer } from '../../../compute/data/packing.ts';
import type { ModelTokenizer } from '../../../compute/model/tokenizer.ts';
import { openParquetColumn } from '../../../formats/parquet-column.ts';
import { extensionOf, readRecordsOf, type DocumentRecord } from '../../../formats/token-records.ts';
import { TokenWriter } from '../../../formats/token-writer.ts';
import { flush, removeQuietly, writeFileAtomically } from '../../files.ts';
import { openRecordPacker } from './record-packer.ts';

/** Documents that are to become a file of token rows. */
export interface TokenTask {
  readonly files: readonly string[];
  /** Text to tokenise; where not given, `column` holds rows of ids. */
  readonly text?: { readonly pack: PackSpec; readonly tokenizer: ModelTokenizer } | undefined;
  /** Field or column of ids. */
  readonly column: string;
  /** Of the rows; for ids where not given, that of the first row. */
  readonly context: number | undefined;
  readonly vocabulary: number;
  readonly out: string;
  /** Work is taken up again only under the same key. */
  readonly key: string;
  /** What the file says of itself, beside what became of the documents. */
  readonly about: Readonly<Record<string, unknown>>;
}

/** Called between documents. May throw, to stop; what was done until then is taken up again later. */
export type Pace = (doneBytes: number, totalBytes: number) => Promise<void> | void;

const stateSchema = v.object({
  key: v.string(),
  context: v.number(),
  rows: v.number(),
  /** Index of the file, and where in it reading goes on. */
  file: v.number(),
  after: v.number(),
  packer: v.object({
    counts: v.object({
      documents: v.number(),
      empty: v.number(),
      short: v.number(),
    }),
    pending: v.array(v.number()),
  }),
});
export type State = v.InferOutput<typeof stateSchema>;

const saveMilliseconds = 5_000;
const paceMilliseconds = 50;

/**
 * Reads documents and writes token rows, as `OUT.partial` until it is whole. An attempt that ended early
 * is taken up where it was last saved, and gives the same bytes.
 * @param everyMilliseconds how often `pace` is called at most
 * @returns rows and what became of the documents
 * @throws AppError with file and place for documents that cannot be used, `bad-input` where they do not
 *   fill a row, and what the file system or `pace` says.
 */
export async function writeTokens(
  task: TokenTask,
  pace: Pace,
  everyMilliseconds = paceMilliseconds,
): Promise<{ rows: number; counts: PackCounts }> {
  const writing = new Writing(task, everyMilliseconds);
  try {
    await writing.run(pace);
    return writing.finish();
  } catch (error) {
    writing.saveQuietly();
    throw error;
  } finally {
    writing.close();
  }
}

class Writing {
  readonly #task: TokenTask;
  readonly #partial: string;
  readonly #stateFile: string;
  readonly #sizes: readonly { bytes: number; end: number }[];
  #writer: TokenWriter | undefined;
  readonly #packer: Packer<DocumentRecord>;
  #clean: State | undefined;
  #savedAt = performance.now();
  readonly #paceMilliseconds: number;
  #pacedAt = 0;

  constructor(task: TokenTask, paceMilliseconds: number) {
    this.#paceMilliseconds = paceMilliseconds;
    this.#task = task;
    this.#partial = `${task.out}.partial`;
    this.#stateFile = `${task.out}.partial.json`;
    this.#sizes = task.files.map((file) => sizeOf(file, fieldOf(task)));
    const state = this.#readState();
    this.#packer = openRecordPacker(task, state);
    if (!state) return;
    this.#clean = state;
    this.#writer = new TokenWriter(this.#partial, state.context, task.vocabulary, state.rows);
  }

  async run(pace: Pace): Promise<void> {
    const { files, text } = this.#task;
    const unit = text?.pack.unit ?? 'line';
    for (let file = this.#clean?.file ?? 0; file < files.length; file++) {
      const path = files[file]!;
      const from = file === this.#clean?.file ? this.#clean.after : 0;
      for await (const record of readRecordsOf(path, fieldOf(this.#task), unit, from)) {
        if (this.#isFull) return;
        this.#append(this.#packer.add(record));
        this.#note(file, record.after);
        await this.#pause(pace, file, record.after);
      }
    }
    if (!this.#isFull) this.#append(this.#packer.finish());
  }

  /** Gives the file its name. */
  finish(): { rows: number; counts: PackCounts } {
    const { out, about, files } = this.#task;
    const writer = this.#writer;
    if (!writer || writer.rows === 0)
      throw new AppError(
        'bad-input',
        `${files[0]!} does not fill one row of tokens. Take a shorter context or more text.`,
        { file: files[0]! },
      );
    const counts = this.#packer.counts;
    writer.finish({ assay: JSON.stringify({ ...about, ...counts, rows: writer.rows }) });
    try {
      renameSync(this.#partial, out);
      flush(dirname(out));
    } catch (error) {
      throw fileError(error, out, 'write');
    }
    removeQuietly(this.#stateFile);
    this.#clean = undefined;
    return { rows: writer.rows, counts: { ...counts } };
  }

  /** For an end before its time, whose reason is what is told. */
  saveQuietly(): void {
    try {
      this.#save();
    } catch {
      // The last state that was saved stays.
    }
  }

  close(): void {
    this.#writer?.close();
  }

  get #isFull(): boolean {
    return (this.#writer?.rows ?? 0) >= (this.#task.text?.pack.rows ?? Infinity);
  }

  #append(rows: readonly Int32Array[]): void {
    for (const row of rows) {
      if (this.#isFull) return;
      this.#writer ??= this.#newWriter(row.length);
      this.#writer.append(row);
    }
  }

  #newWriter(context: number): TokenWriter {
    try {
      mkdirSync(dirname(this.#partial), { recursive: true });
    } catch (error) {
      throw fileError(error, this.#partial, 'write');
    }
    return new TokenWriter(this.#partial, context, this.#task.vocabulary, 0);
  }

  /** Remembers a place that work can be taken up from. */
  #note(file: number, after: number): void {
    const packer = this.#packer.state();
    if (!packer || !this.#writer) return;
    const { key } = this.#task;
    const { rows, context } = this.#writer;
    this.#clean = { key, context, rows, file, after, packer };
  }

  async #pause(pace: Pace, file: number, after: number): Promise<void> {
    const now = performance.now();
    if (now - this.#pacedAt < this.#paceMilliseconds) return;
    this.#pacedAt = now;
    if (now - this.#savedAt >= saveMilliseconds) this.#save();
    const before = this.#sizes.slice(0, file).reduce((sum, { bytes }) => sum + bytes, 0);
    const { bytes, end } = this.#sizes[file]!;
    const total = this.#sizes.reduce((sum, size) => sum + size.bytes, 0);
    await pace(Math.round(before + (bytes * after) / Math.max(1, end)), total);
  }

  #save(): void {
    if (!this.#clean) return;
    this.#savedAt = performance.now();
    this.#writer!.sync();
    writeFileAtomically(this.#stateFile, JSON.stringify(this.#clean));
  }

  #readState(): State | undefined {
    if (!existsSync(this.#stateFile) || !existsSync(this.#partial)) return undefined;
    let document: unknown;
    try {
      document = JSON.parse(readFileSync(this.#stateFile, 'utf8'));
    } catch {
      return undefined; // Written anew from the start.
    }
    const parsed = v.safeParse(stateSchema, document);
    return parsed.success && parsed.output.key === this.#task.key ? parsed.output : undefined;
  }
}

function fieldOf({ text, column }: TokenTask): string {
  return text ? text.pack.field : column;
}

/** Bytes of a file, and the largest `after` of its records. */
function sizeOf(path: string, column: string): { bytes: number; end: number } {
  try {
    const bytes = statSync(path).size;
    if (extensionOf(path) !== '.parquet') return { bytes, end: bytes };
    const file = openParquetColumn(path, column);
    file.close();
    return { bytes, end: file.rows };
  } catch (error) {
    throw fileError(error, path);
  }
}

/** Names of files for what a file of tokens says of itself. */
export function namesOf(files: readonly string[]): string[] {
  const names = files.map((file) => basename(file));
  return names.length <= 20 ? names : [...names.slice(0, 19), `and ${names.length - 19} more`];
}
