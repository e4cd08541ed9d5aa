import * as v from 'valibot';
import { architectureNames, weightProcessings } from '../../../shared/domain/job-spec.ts';
import { topKNames } from '../../../shared/domain/dictionary.ts';
import { AppError } from '../../../shared/errors.ts';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import type { Engine } from '../../compute/engine.ts';
import type { DictionaryParameters } from '../../compute/sae/architecture.ts';
import { openArchitecture } from '../../compute/sae/architectures/open-architecture.ts';
import { FrozenDictionary } from '../../compute/sae/frozen-dictionary.ts';
import { openSafetensors } from '../../formats/safetensors.ts';
import { writeSafetensors } from '../../formats/safetensors-writer.ts';

/** What a dictionary file says of itself, in its safetensors metadata. */
const metadataSchema = v.object({
  format: v.literal('assay-dictionary'),
  architecture: v.picklist(architectureNames),
  hook: v.string(),
  /** What a transcoder predicts and takes the place of. */
  target: v.optional(v.string()),
  model: v.string(),
  /** What was done to the weights of the model whose activations it was trained on. */
  processing: v.optional(v.picklist(weightProcessings), 'none'),
  seed: v.string(),
  /** Latents that a top-k encoder keeps. */
  k: v.optional(v.pipe(v.string(), v.regex(/^[1-9]\d{0,8}$/), v.transform(Number))),
});
export type DictionaryMetadata = v.InferOutput<typeof metadataSchema>;

/**
 * Writes a dictionary, float32, under SAELens' names and in its orientation: W_enc [d, n], W_dec [n, d]
 * with unit rows, b_dec [d], and what else its architecture has, W_skip [d, d] (y = x W_skip^T) included.
 */
export function writeDictionary(
  path: string,
  engine: Engine,
  dictionary: FrozenDictionary,
  { target, ...metadata }: Omit<DictionaryMetadata, 'format' | 'architecture' | 'k'>,
): void {
  const { architecture, parameters } = dictionary;
  const tensors = architecture.file.map(({ parameter, tensor, transposed }) => {
    const { shape } = parameters[parameter]!;
    const data = Float32Array.from(engine.read(parameters[parameter]!));
    if (!transposed) return { name: tensor, shape, data };
    const [rows, columns] = shape as [number, number];
    return { name: tensor, shape: [columns, rows], data: transpose(data, rows, columns) };
  });
  writeSafetensors(path, tensors, {
    format: 'assay-dictionary',
    architecture: architecture.name,
    ...architecture.settings,
    ...metadata,
    ...(target !== undefined && { target }),
  });
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
    const architecture = openArchitecture({
      ...metadata,
      transcoder: metadata.target !== undefined,
      skip: reader.tensors.has('W_skip'),
    });
    const [dIn = 0, latents = 0] = reader.tensors.get('W_enc')?.shape ?? [];
    const shape = { dIn, latents };
    const parameterShapes =
      architecture.frozenParameters?.(shape) ?? architecture.parameters(shape);
    const shapes = new Map(parameterShapes.map(({ name, shape: lengths }) => [name, lengths]));
    const parameters = Object.fromEntries(
      architecture.file.map(({ parameter, tensor, transposed }) => {
        const shape = shapes.get(parameter) ?? [];
        const expected = transposed ? shape.toReversed() : shape;
        const found = reader.tensors.get(tensor)?.shape;
        if (dIn === 0 || latents === 0 || found?.join() !== expected.join())
          throw new AppError(
            'shape-mismatch',
            `${path}: tensor '${tensor}' is [${found?.join(', ') ?? 'missing'}], where [${expected.join(', ')}] is needed.`,
            { file: path, place: tensor },
          );
        const values = reader.floats(tensor);
        const [rows = 0, columns = 0] = expected;
        return [
          parameter,
          engine.floats(transposed ? transpose(values, rows, columns) : values, shape),
        ];
      }),
    ) as unknown as DictionaryParameters;
    return { dictionary: new FrozenDictionary(engine, architecture, parameters), metadata };
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
  if (
    parsed.success &&
    (parsed.output.k !== undefined || !topKNames.includes(parsed.output.architecture))
  )
    return parsed.output;
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
