import { existsSync } from 'node:fs';
import { architectureNames, type ArchitectureName } from '../../../shared/domain/dictionary.ts';
import { formTensors, type FormTensor } from '../../../shared/domain/dictionary-form.ts';
import type { WeightProcessing } from '../../../shared/domain/train-spec.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Engine, Tensor } from '../../compute/engine.ts';
import type {
  Architecture,
  DictionaryParameters,
  FrozenArchitecture,
} from '../../compute/sae/architecture.ts';
import { formArchitecture } from '../../compute/sae/architectures/dictionary-form.ts';
import { openArchitecture } from '../../compute/sae/architectures/open-architecture.ts';
import { FrozenDictionary } from '../../compute/sae/frozen-dictionary.ts';
import type { FoundDictionary } from '../../formats/dictionaries/found.ts';
import { openDictionaries } from '../../formats/dictionaries/open-dictionaries.ts';
import { wholeOf, type Rows } from '../../formats/dictionaries/rows.ts';
import { writeSafetensors } from '../../formats/safetensors-writer.ts';

/** What a dictionary file says of where it belongs. */
export interface DictionaryMetadata {
  readonly hook: string;
  /** What a transcoder predicts and takes the place of. */
  readonly target?: string | undefined;
  readonly model: string;
  /** What was done to the weights of the model whose activations it was trained on. */
  readonly processing: WeightProcessing;
}

/**
 * Writes a dictionary, float32, under SAELens' names and in its orientation: W_enc [d, n], W_dec [n, d]
 * with unit rows, b_dec [d], and what else its architecture has, W_skip [d, d] (y = x W_skip^T) included.
 */
export function writeDictionary(
  path: string,
  engine: Engine,
  dictionary: FrozenDictionary<Architecture>,
  { target, ...metadata }: DictionaryMetadata & { readonly seed: string },
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
 * Reads a dictionary onto an engine, from a file of Assay's or of another tool; a folder does as well.
 * Of several in one place the name of one follows the path: `run/samples_400.pt#blocks.6.hook_resid_pre`.
 * @throws AppError `not-found`, `unsupported`, `shape-mismatch` …, `bad-input` where there are several.
 */
export function readDictionary(
  path: string,
  engine: Engine,
): { dictionary: FrozenDictionary; metadata: DictionaryMetadata } {
  return withDictionary(path, (found) => {
    const { form, sizes, tensors } = found;
    const read = (name: FormTensor, shape: readonly number[]): Tensor =>
      engine.floats(valuesOf(name, tensors[name]!), shape);
    const parameters = Object.fromEntries(
      formTensors(form, sizes).map(({ name, shape }) => [name, read(name, shape)]),
    ) as unknown as DictionaryParameters;
    return {
      dictionary: new FrozenDictionary(engine, architectureOf(found), parameters),
      metadata: metadataOf(found),
    };
  });
}

/** Where a dictionary belongs. Throws as `readDictionary` does. */
export function readDictionaryMetadata(path: string): DictionaryMetadata {
  return withDictionary(path, metadataOf);
}

function metadataOf({ hook, target, model, processing }: FoundDictionary): DictionaryMetadata {
  return { hook, model, processing, ...(target !== '' && { target }) };
}

/** The architecture that trained it, where that was done here, so that it can go on. */
function architectureOf(found: FoundDictionary): FrozenArchitecture {
  const { format, architecture, form, target } = found;
  const trained = architectureNames.find(
    (name): name is ArchitectureName => format === 'assay' && name === architecture,
  );
  if (!trained) return formArchitecture(form);
  // Of BatchTopK and Matryoshka only training needs k.
  return openArchitecture({
    architecture: trained,
    k: form.k ?? 1,
    transcoder: target !== '',
    skip: form.skip,
  });
}

function valuesOf(name: FormTensor, rows: Rows): Float32Array {
  const values = wholeOf(rows);
  // A code is above 0 whatever its threshold.
  return name === 'threshold' ? values.map((value) => Math.max(0, value)) : values;
}

function withDictionary<T>(path: string, use: (found: FoundDictionary) => T): T {
  const { found, close } = openDictionary(path);
  try {
    return use(found);
  } finally {
    close();
  }
}

/** The one dictionary of a path, its tensors read on demand until it is closed. Throws as `readDictionary`. */
export function openDictionary(path: string): { found: FoundDictionary; close: () => void } {
  const [place, name] = splitName(path);
  const opened = openDictionaries(place);
  const { dictionaries } = opened;
  const wanted =
    name === undefined
      ? dictionaries
      : dictionaries.filter((found) => found.name === name || found.hook === name);
  const [only] = wanted;
  if (only && wanted.length === 1) return { found: only, close: () => opened.close() };
  opened.close();
  const names = dictionaries.map((found) => found.name);
  throw new AppError(
    'bad-input',
    `${place} holds ${dictionaries.length} dictionaries${name === undefined ? '' : `, and ${wanted.length} are called '${name}'`}. Name one of them after a #: ${names.slice(0, 12).join(', ')}.`,
    { file: place },
  );
}

function splitName(path: string): [place: string, name?: string] {
  const at = path.lastIndexOf('#');
  return at < 0 || existsSync(path) ? [path] : [path.slice(0, at), path.slice(at + 1)];
}

function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j]!;
  return out;
}
