import {
  formTensors,
  type DictionaryForm,
  type DictionaryFormat,
  type FormSizes,
  type FormTensor,
} from '../../../shared/domain/dictionary-form.ts';
import type { WeightProcessing } from '../../../shared/domain/train-spec.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Rows } from './rows.ts';

/** The tensors of a dictionary in the internal form, read on demand. */
export type FormRows = Readonly<Partial<Record<FormTensor, Rows>>>;

/** A dictionary of some tool's files, as the internal form sees it. */
export interface FoundDictionary {
  /** The file or folder that it lies in. */
  readonly path: string;
  readonly name: string;
  readonly format: DictionaryFormat;
  /** In the tool's own words. */
  readonly architecture: string;
  readonly form: DictionaryForm;
  readonly sizes: FormSizes;
  readonly tensors: FormRows;
  /** Hook point and model; empty where the files do not say. */
  readonly hook: string;
  /** What a transcoder predicts; empty for an autoencoder, and where the files do not say. */
  readonly target: string;
  readonly model: string;
  /** What was done to the model's weights when it was trained. */
  readonly processing: WeightProcessing;
  /** Why the files were taken for this format. */
  readonly reason: string;
  /** What is changed on the way into the form, one sentence each. */
  readonly conversions: readonly string[];
  readonly warnings: readonly string[];
  /** Latents that fire, where the files say so. */
  readonly alive: number | null;
  /** The configuration that lay beside it, as it was. */
  readonly config: Config | null;
}

export type Config = Readonly<Record<string, unknown>>;

/** What a reader says of a dictionary; the rest is worked out. */
export type Described = Omit<
  FoundDictionary,
  'sizes' | 'form' | 'processing' | 'warnings' | 'alive' | 'target'
> & {
  readonly form: Partial<DictionaryForm> & Pick<DictionaryForm, 'activation'>;
  readonly processing?: WeightProcessing;
  readonly warnings?: readonly string[];
  readonly alive?: number | null;
  readonly target?: string;
};

/**
 * Fills in a form and its sizes, and holds every tensor against them.
 * @throws AppError `shape-mismatch` naming file and tensor.
 */
export function found(described: Described): FoundDictionary {
  const { tensors, path } = described;
  const form: DictionaryForm = {
    k: null,
    centred: false,
    input: 'none',
    skip: tensors.skip !== undefined,
    ...described.form,
  };
  const { encoder, decoder } = tensors;
  const sizes: FormSizes = {
    dIn: encoder?.columns ?? 0,
    dOut: decoder?.columns ?? 0,
    latents: encoder?.rows ?? 0,
  };
  for (const { name, shape } of formTensors(form, sizes)) {
    const rows = tensors[name];
    const [length = 0, width = 1] = shape;
    if (rows?.rows === length && rows.columns === width && length > 0) continue;
    const has = rows ? `is [${rows.rows}, ${rows.columns}]` : 'is missing';
    throw new AppError(
      'shape-mismatch',
      `${path}: ${name} ${has}, where [${shape.join(', ')}] goes with ${sizes.latents} latents on a width of ${sizes.dIn}. Its tensors do not belong together.`,
      { file: path, place: name },
    );
  }
  checkForm(form, sizes, path);
  return { processing: 'none', warnings: [], alive: null, target: '', ...described, form, sizes };
}

function checkForm(
  { activation, k, centred, input }: DictionaryForm,
  sizes: FormSizes,
  path: string,
): void {
  const refuse = (place: string, problem: string) => {
    throw new AppError('unsupported', `${path}: ${problem}.`, { file: path, place });
  };
  const keepsLargest = ['topk', 'abstopk', 'groupmax'].includes(activation);
  if (keepsLargest && (k === null || !Number.isSafeInteger(k) || k < 1 || k > sizes.latents))
    refuse('k', `k is ${k}, where a whole number up to the ${sizes.latents} latents is needed`);
  if (activation === 'groupmax' && sizes.latents % k! !== 0)
    refuse('k', `${sizes.latents} latents do not fall into ${k} equal groups`);
  if (sizes.dIn !== sizes.dOut && (centred || input !== 'none'))
    refuse(
      'd_out',
      'a transcoder whose input is centred or normalised has no output to undo it on',
    );
}

/** Bytes of a dictionary in the form that a project stores. */
export function storedBytes({ form, sizes }: FoundDictionary): number {
  return formTensors(form, sizes).reduce(
    (sum, { shape }) => sum + 4 * shape.reduce((product, length) => product * length, 1),
    0,
  );
}
