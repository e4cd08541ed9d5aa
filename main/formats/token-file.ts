import { AppError } from '../../shared/errors.ts';
import { openSafetensors } from './safetensors.ts';

/** Entries that a check reads at a time. */
const checkedAtOnce = 1 << 20;

/** Rows of token ids of equal length, read on demand. */
export interface TokenFile {
  readonly path: string;
  readonly rows: number;
  readonly context: number;
  /** Ids of the given rows, one after the other. */
  read(rows: ArrayLike<number>): Int32Array;
  /**
   * Reads the first `sequences` rows, all by default, and looks for an id that a model does not have.
   * @throws AppError `tokenizer-mismatch` naming the row and the position of the first one.
   */
  check(vocabulary: number, sequences?: number): void;
  close(): void;
}

/**
 * Opens a tensor [rows, context] of whole numbers in a safetensors file.
 * @throws AppError `not-found`, `shape-mismatch` or `dtype-mismatch` naming file and tensor.
 */
export function openTokenFile(path: string, tensor: string): TokenFile {
  const reader = openSafetensors(path);
  try {
    const info = reader.tensors.get(tensor);
    if (!info)
      throw new AppError(
        'not-found',
        `${path} has no tensor '${tensor}'. It has: ${[...reader.tensors.keys()].join(', ')}.`,
        { file: path, place: tensor },
      );
    const [rows, context] = info.shape;
    if (info.shape.length !== 2 || !rows || !context)
      throw new AppError(
        'shape-mismatch',
        `${path}: '${tensor}' is [${info.shape.join(', ')}], where tokens are [rows, context].`,
        { file: path, place: tensor },
      );
    reader.ints(tensor, 0, 1); // refuses floats now rather than in the middle of a job
    return {
      path,
      rows,
      context,
      read(chosen) {
        const out = new Int32Array(chosen.length * context);
        for (let i = 0; i < chosen.length; i++) {
          const start = chosen[i]! * context;
          out.set(reader.ints(tensor, start, start + context), i * context);
        }
        return out;
      },
      check(vocabulary, sequences = rows) {
        const end = Math.min(rows, sequences) * context;
        for (let start = 0; start < end; start += checkedAtOnce) {
          const ids = reader.ints(tensor, start, Math.min(end, start + checkedAtOnce));
          const at = ids.findIndex((id) => id < 0 || id >= vocabulary);
          if (at < 0) continue;
          const place = `row ${Math.floor((start + at) / context)}, position ${(start + at) % context}`;
          throw new AppError(
            'tokenizer-mismatch',
            `${path}: '${tensor}' has the id ${ids[at]} at ${place}, and the model's vocabulary ends at ${vocabulary - 1}. The tokens were made with another tokenizer.`,
            { file: path, place },
          );
        }
      },
      close: () => reader.close(),
    };
  } catch (error) {
    reader.close();
    throw error;
  }
}
