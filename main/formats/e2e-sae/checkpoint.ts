import type { TensorReader } from '../../../shared/domain/tensors.ts';
import { AppError } from '../../../shared/errors.ts';
import { openTorchZip } from '../torch-zip/torch-zip.ts';

/** A dictionary of a checkpoint of e2e_sae, as it lies there: decoder columns are not of unit length. */
export interface E2eSaeDictionary {
  readonly dIn: number;
  readonly latents: number;
  /** [n, d] */
  readonly encoder: Float32Array;
  /** [n] */
  readonly encoderBias: Float32Array;
  /** [n, d]: the transpose of what the file has. */
  readonly decoder: Float32Array;
  /** [d] */
  readonly decoderBias: Float32Array;
}

const encoderEnd = '.encoder.0.weight';

/** True for a path that e2e_sae would have written dictionaries to. */
export function isE2eSaeCheckpoint(path: string): boolean {
  return path.endsWith('.pt');
}

/**
 * The hook points whose dictionaries a checkpoint of e2e_sae holds (their names have hyphens for dots
 * there). None for a file of another kind.
 * @throws AppError `unsupported`, `corrupt` or `truncated`
 */
export function positionsIn(path: string): string[] {
  const reader = openTorchZip(path);
  try {
    return [...reader.tensors.keys()]
      .filter((name) => name.endsWith(encoderEnd))
      .map((name) => name.slice(0, -encoderEnd.length).replaceAll('-', '.'));
  } finally {
    reader.close();
  }
}

/**
 * The dictionary at a hook point: from a checkpoint of several, by its name, or from a copy of a single
 * one, as on Hugging Face.
 * @throws AppError `not-found` where there is none for the hook point, `shape-mismatch` where tensors
 *   do not fit each other.
 */
export function readE2eSaeDictionary(path: string, hook: string): E2eSaeDictionary {
  const reader = openTorchZip(path);
  try {
    const prefix = `${hook.replaceAll('.', '-')}.`;
    const named = reader.tensors.has(`${prefix}encoder.0.weight`);
    if (!named && !reader.tensors.has('encoder.weight'))
      throw new AppError('not-found', `${path} has no dictionary of e2e_sae at ${hook}.`, {
        file: path,
        place: `${prefix}encoder.0.weight`,
      });
    const encoder = named ? `${prefix}encoder.0` : 'encoder';
    const decoder = named ? `${prefix}decoder` : 'decoder';
    const [latents = 0, dIn = 0] = reader.tensors.get(`${encoder}.weight`)!.shape;
    const read = (name: string, shape: readonly number[]) => tensorOf(reader, path, name, shape);
    return {
      dIn,
      latents,
      encoder: read(`${encoder}.weight`, [latents, dIn]),
      encoderBias: read(`${encoder}.bias`, [latents]),
      decoder: transposed(read(`${decoder}.weight`, [dIn, latents]), dIn, latents),
      decoderBias: read(`${decoder}.bias`, [dIn]),
    };
  } finally {
    reader.close();
  }
}

function tensorOf(
  reader: TensorReader,
  path: string,
  name: string,
  shape: readonly number[],
): Float32Array {
  const found = reader.tensors.get(name)?.shape;
  if (found?.join() === shape.join()) return reader.floats(name);
  throw new AppError(
    'shape-mismatch',
    `${path}: tensor '${name}' is [${found?.join(', ') ?? 'missing'}], where [${shape.join(', ')}] is needed.`,
    { file: path, place: name },
  );
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j]!;
  return out;
}
