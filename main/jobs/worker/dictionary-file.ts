import * as v from 'valibot';
import { weightProcessings } from '../../../shared/domain/job-spec.ts';
import { AppError } from '../../../shared/errors.ts';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import type { Engine } from '../../compute/engine.ts';
import { FrozenDictionary } from '../../compute/sae/frozen-dictionary.ts';
import { openSafetensors } from '../../formats/safetensors.ts';
import { writeSafetensors } from '../../formats/safetensors-writer.ts';

/** What a dictionary file says of itself, in its safetensors metadata. */
const metadataSchema = v.object({
  format: v.literal('assay-dictionary'),
  architecture: v.literal('relu'),
  hook: v.string(),
  model: v.string(),
  /** What was done to the weights of the model whose activations it was trained on. */
  processing: v.optional(v.picklist(weightProcessings), 'none'),
  seed: v.string(),
});
export type DictionaryMetadata = v.InferOutput<typeof metadataSchema>;

/**
 * Writes a dictionary in SAELens' orientation: W_enc [d, n], b_enc [n], W_dec [n, d] with unit rows,
 * b_dec [d], float32.
 */
export function writeDictionary(
  path: string,
  engine: Engine,
  dictionary: FrozenDictionary,
  metadata: Omit<DictionaryMetadata, 'format'>,
): void {
  const { encoder, encoderBias, decoder, decoderBias } = dictionary.parameters;
  const [n, d] = encoder.shape as [number, number];
  const read = (tensor: typeof encoder) => Float32Array.from(engine.read(tensor));
  writeSafetensors(
    path,
    [
      { name: 'W_enc', shape: [d, n], data: transpose(read(encoder), n, d) },
      { name: 'b_enc', shape: [n], data: read(encoderBias) },
      { name: 'W_dec', shape: [n, d], data: read(decoder) },
      { name: 'b_dec', shape: [d], data: read(decoderBias) },
    ],
    { format: 'assay-dictionary', ...metadata },
  );
}

/**
 * Reads a dictionary file onto an engine.
 * @throws AppError `unsupported` for a file without Assay's metadata, `shape-mismatch` where the
 *   tensors do not fit each other.
 */
export function readDictionary(
  path: string,
  engine: Engine,
): { dictionary: FrozenDictionary; metadata: DictionaryMetadata } {
  const reader = openSafetensors(path);
  try {
    const metadata = parseMetadata(reader);
    const [d = 0, n = 0] = reader.tensors.get('W_enc')?.shape ?? [];
    const shapes = { W_enc: [d, n], b_enc: [n], W_dec: [n, d], b_dec: [d] };
    for (const [name, shape] of Object.entries(shapes)) {
      const found = reader.tensors.get(name)?.shape;
      if (d === 0 || n === 0 || found?.join() !== shape.join())
        throw new AppError(
          'shape-mismatch',
          `${path}: tensor '${name}' is [${found?.join(', ') ?? 'missing'}], where [${shape.join(', ')}] is needed.`,
          { file: path, place: name },
        );
    }
    const parameters = {
      encoder: engine.floats(transpose(reader.floats('W_enc'), d, n), [n, d]),
      encoderBias: engine.floats(reader.floats('b_enc'), [n]),
      decoder: engine.floats(reader.floats('W_dec'), [n, d]),
      decoderBias: engine.floats(reader.floats('b_dec'), [d]),
    };
    const dictionary = new FrozenDictionary(engine, parameters);
    engine.dispose(...Object.values(parameters));
    return { dictionary, metadata };
  } finally {
    reader.close();
  }
}

/** What a dictionary file says of itself. Throws as `readDictionary` does. */
export function readDictionaryMetadata(path: string): DictionaryMetadata {
  const reader = openSafetensors(path);
  try {
    return parseMetadata(reader);
  } finally {
    reader.close();
  }
}

function parseMetadata({ source, metadata }: TensorReader): DictionaryMetadata {
  const parsed = v.safeParse(metadataSchema, Object.fromEntries(metadata));
  if (parsed.success) return parsed.output;
  throw new AppError(
    'unsupported',
    `${source} is not a dictionary that Assay wrote (its metadata say ${JSON.stringify(metadata.get('format') ?? 'nothing')}).`,
    { file: source, place: '__metadata__' },
  );
}

function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j]!;
  return out;
}
