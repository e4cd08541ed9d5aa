import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { architectureNames, type ArchitectureName } from '../../../shared/domain/dictionary.ts';
import {
  dictionaryFormSchema,
  formTensors,
  type DictionaryForm,
  type FormTensor,
} from '../../../shared/domain/dictionary-form.ts';
import { weightProcessings } from '../../../shared/domain/train-spec.ts';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import { AppError } from '../../../shared/errors.ts';
import { parseStrictJson } from '../strict-json.ts';
import { found, type FoundDictionary, type FormRows } from './found.ts';
import { matrixOf, vectorOf, type Rows } from './rows.ts';

/**
 * Assay's own dictionary files, safetensors with metadata `format: assay-dictionary`. One that was
 * trained here has SAELens' tensors and orientation and names its architecture; one that was imported
 * has the form in its metadata and its tensors by latents. `safetensors` exports have SAELens' tensors
 * with the form.
 */
const metadataSchema = v.object({
  format: v.literal('assay-dictionary'),
  architecture: v.optional(v.string(), ''),
  /** The form as JSON, where the architecture is not one that is trained here. */
  form: v.optional(v.string()),
  hook: v.optional(v.string(), ''),
  target: v.optional(v.string(), ''),
  model: v.optional(v.string(), ''),
  processing: v.optional(v.picklist(weightProcessings), 'none'),
  k: v.optional(v.pipe(v.string(), v.regex(/^[1-9]\d{0,8}$/), v.transform(Number))),
  name: v.optional(v.string(), ''),
});

/** Names of the tensors in SAELens' orientation. */
const plainNames: Readonly<
  Record<FormTensor, { readonly name: string; readonly turned: boolean }>
> = {
  encoder: { name: 'W_enc', turned: true },
  encoderBias: { name: 'b_enc', turned: false },
  decoder: { name: 'W_dec', turned: false },
  decoderBias: { name: 'b_dec', turned: false },
  threshold: { name: 'threshold', turned: false },
  gateBias: { name: 'b_gate', turned: false },
  magnitudeScale: { name: 'r_mag', turned: false },
  magnitudeBias: { name: 'b_mag', turned: false },
  skip: { name: 'W_skip', turned: false },
};

/** How a tensor of the form is called in SAELens' layout, and whether its columns are our rows. */
export function plainTensor(tensor: FormTensor) {
  return plainNames[tensor];
}

export function isAssayDictionary(reader: TensorReader): boolean {
  return reader.metadata.get('format') === 'assay-dictionary';
}

/** @throws AppError `corrupt` for metadata that say nothing, `shape-mismatch`. */
export function readAssay(reader: TensorReader): FoundDictionary {
  const { source } = reader;
  const parsed = v.safeParse(metadataSchema, Object.fromEntries(reader.metadata));
  const bad = () =>
    new AppError(
      'unsupported',
      `${source}: its metadata do not say what dictionary it is. Export or train it again.`,
      {
        file: source,
        place: '__metadata__',
      },
    );
  if (!parsed.success) throw bad();
  const { architecture, form: text, k, hook, target, model, processing, name } = parsed.output;
  const form =
    text === undefined
      ? trainedForm(architecture, {
          k,
          transcoder: target !== '',
          skip: reader.tensors.has('W_skip'),
        })
      : readForm(text, source);
  if (!form) throw bad();
  return found({
    path: source,
    name: name || basename(dirname(source)),
    format: 'assay',
    architecture,
    form,
    tensors: readTensors(reader, form),
    hook,
    target,
    model,
    processing,
    reason: 'its metadata say that Assay wrote it',
    conversions: [],
    config: null,
  });
}

function readTensors(reader: TensorReader, form: DictionaryForm): FormRows {
  const tensors: Partial<Record<FormTensor, Rows>> = {};
  for (const { name, shape } of formTensors(form, { dIn: 1, dOut: 1, latents: 1 })) {
    const plain = plainNames[name];
    const isByLatents = reader.tensors.has(name);
    const stored = isByLatents ? name : plain.name;
    tensors[name] =
      shape.length === 1
        ? vectorOf(reader, stored)
        : matrixOf(reader, stored, plain.turned && !isByLatents ? 'columns' : 'rows');
  }
  return tensors;
}

function readForm(text: string, file: string): DictionaryForm | undefined {
  const parsed = v.safeParse(dictionaryFormSchema, parseStrictJson(text, file));
  return parsed.success ? parsed.output : undefined;
}

interface Trained {
  readonly k: number | undefined;
  /** A transcoder takes its input as it is. */
  readonly transcoder: boolean;
  readonly skip: boolean;
}

/** The form of an architecture that is trained here (compute/sae/architectures). */
function trainedForm(
  architecture: string,
  { k, transcoder, skip }: Trained,
): DictionaryForm | undefined {
  const plain = { k: null, centred: false, input: 'none', skip } as const;
  const centred = !transcoder;
  const name = architectureNames.find((known): known is ArchitectureName => known === architecture);
  switch (name) {
    case 'relu':
      return { ...plain, activation: 'relu' };
    case 'topk':
      return { ...plain, activation: 'topk', centred, k: k ?? null };
    case 'batchtopk':
    case 'matryoshka':
      return { ...plain, activation: 'jumprelu', centred };
    case 'jumprelu':
      return { ...plain, activation: 'jumprelu' };
    case 'gated':
      return { ...plain, activation: 'gated', centred };
    case undefined:
      return undefined;
  }
}
