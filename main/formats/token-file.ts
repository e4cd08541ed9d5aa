import { extname } from 'node:path';
import { AppError } from '../../shared/errors.ts';
import type { TensorReader } from '../../shared/domain/tensors.ts';
import { joinTokenFiles } from './joined-token-files.ts';
import { openNpy } from './npy.ts';
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
  close(): void;
}

/**
 * Opens token ids [rows, context]: a tensor of whole numbers in a safetensors file, or a .npy file, of
 * any integer type. Several files follow each other as one; no more than a few are open at a time.
 * @throws AppError `not-found`, `shape-mismatch` or `dtype-mismatch` naming file and tensor.
 */
export function openTokenFile(path: string | readonly string[], tensor: string): TokenFile {
  const paths = typeof path === 'string' ? [path] : path;
  if (paths.length === 1) return openOne(paths[0]!, tensor);
  return joinTokenFiles(paths, (file) => openOne(file, tensor));
}

function openOne(path: string, tensor: string): TokenFile {
  const isNpy = extname(path).toLowerCase() === '.npy';
  const reader = isNpy ? openNpy(path, tensor) : openSafetensors(path);
  try {
    return tokensOf(reader, path, tensor);
  } catch (error) {
    reader.close();
    throw error;
  }
}

function tokensOf(reader: TensorReader, path: string, tensor: string): TokenFile {
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
    close: () => reader.close(),
  };
}

/**
 * Reads the first `sequences` rows, all by default, and looks for an id that a model does not have;
 * answers after each part how many rows are done, so that a long file can be left in between.
 * @throws AppError `tokenizer-mismatch` naming the row and the position of the first one.
 */
export function* checkTokens(
  tokens: TokenFile,
  vocabulary: number,
  sequences = tokens.rows,
): Generator<number> {
  const { path, context } = tokens;
  const end = Math.min(tokens.rows, sequences);
  const atOnce = Math.max(1, Math.floor(checkedAtOnce / context));
  for (let start = 0; start < end; start += atOnce) {
    const count = Math.min(atOnce, end - start);
    const ids = tokens.read(Array.from({ length: count }, (_, i) => start + i));
    const at = ids.findIndex((id) => id < 0 || id >= vocabulary);
    if (at >= 0) {
      const place = `row ${start + Math.floor(at / context)}, position ${at % context}`;
      throw new AppError(
        'tokenizer-mismatch',
        `${path} has the id ${ids[at]} at ${place}, and the model's vocabulary ends at ${vocabulary - 1}. The tokens were made with another tokenizer.`,
        { file: path, place },
      );
    }
    yield start + count;
  }
}
