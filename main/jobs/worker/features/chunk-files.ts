import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { count, shortText } from '../../../../shared/domain/schemas.ts';
import { fileError, hasCode } from '../../../../shared/errors.ts';
import type { FeatureMajor } from '../../../compute/features/activation-store.ts';
import { ActivationFile } from '../../../formats/activation-file.ts';
import { writeSafetensors } from '../../../formats/safetensors-writer.ts';
import { parseStrictJson } from '../../../formats/strict-json.ts';
import { removeQuietly, writeFileAtomically } from '../../files.ts';

const cursorFile = 'cursor.json';
const cursorSchema = v.object({
  version: v.literal(1),
  /** Of the spec: chunks never go into another job's store. */
  specHash: shortText,
  /** For each chunk the tokens in it and, for each dictionary, its activations. */
  chunks: v.array(v.object({ tokens: count, entries: v.array(count) })),
});
type Cursor = v.InferOutput<typeof cursorSchema>;

/**
 * Activations on their way into a store: for each stretch of tokens and each dictionary a file of
 * feature-major activations (`pointers`, `token` from 0 on, `value`). The cursor is written after the
 * files of a chunk are on the disk, so that whatever interrupts the pass, it goes on after the last
 * whole chunk.
 */
export class ChunkFiles {
  readonly #folder: string;
  #cursor: Cursor;

  /** Takes up the chunks in a folder where they belong to the spec; starts afresh otherwise. */
  constructor(folder: string, specHash: string) {
    this.#folder = folder;
    this.#cursor = { version: 1, specHash, chunks: [] };
    const found = this.#readCursor();
    if (found?.specHash === specHash) this.#cursor = found;
    else removeQuietly(folder);
  }

  /** Tokens in all chunks. */
  get tokens(): number {
    return this.#cursor.chunks.reduce((sum, { tokens }) => sum + tokens, 0);
  }

  /** Activations of a dictionary in all chunks. */
  entriesOf(dictionary: number): number {
    return this.#cursor.chunks.reduce((sum, { entries }) => sum + (entries[dictionary] ?? 0), 0);
  }

  /** Adds the next chunk: the activations of each dictionary on the same tokens. @throws AppError */
  add(activations: readonly FeatureMajor[]): void {
    const index = this.#cursor.chunks.length;
    try {
      mkdirSync(this.#folder, { recursive: true });
    } catch (error) {
      throw fileError(error, this.#folder, 'write');
    }
    activations.forEach(({ latents, tokens, pointers, token, value }, dictionary) =>
      writeSafetensors(
        this.#path(index, dictionary),
        [
          { name: 'pointers', shape: [latents + 1], data: Int32Array.from(pointers) },
          { name: 'token', shape: [token.length], data: token },
          { name: 'value', shape: [value.length], data: value },
        ],
        { tokens: String(tokens) },
      ),
    );
    const entries = activations.map(({ token }) => token.length);
    const chunks = [...this.#cursor.chunks, { tokens: activations[0]!.tokens, entries }];
    const cursor = { ...this.#cursor, chunks };
    writeFileAtomically(join(this.#folder, cursorFile), JSON.stringify(cursor));
    this.#cursor = cursor;
  }

  /** Opens the chunks of a dictionary, in the order of their tokens. The caller closes them. */
  open(dictionary: number): ActivationFile[] {
    const opened: ActivationFile[] = [];
    try {
      for (let index = 0; index < this.#cursor.chunks.length; index++)
        opened.push(new ActivationFile(this.#path(index, dictionary)));
      return opened;
    } catch (error) {
      for (const file of opened) file.close();
      throw error;
    }
  }

  /** Makes room once the file of a dictionary is whole: it need not be merged again. */
  remove(): void {
    removeQuietly(this.#folder);
  }

  #path(index: number, dictionary: number): string {
    return join(this.#folder, `chunk-${String(index).padStart(5, '0')}-${dictionary}.safetensors`);
  }

  #readCursor(): Cursor | undefined {
    const path = join(this.#folder, cursorFile);
    if (!existsSync(path)) return undefined;
    try {
      const parsed = v.safeParse(cursorSchema, parseStrictJson(readFileSync(path, 'utf8'), path));
      return parsed.success ? parsed.output : undefined;
    } catch (error) {
      if (hasCode(error, 'corrupt')) return undefined;
      throw fileError(error, path);
    }
  }
}
