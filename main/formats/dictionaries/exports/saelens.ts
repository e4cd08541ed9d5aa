import { join } from 'node:path';
import { formTensors } from '../../../../shared/domain/dictionary-form.ts';
import type { Pace } from '../../pace.ts';
import { SafetensorsWriter, type TensorPlan } from '../../safetensors-writer.ts';
import { plainTensor } from '../assay.ts';
import type { FoundDictionary } from '../found.ts';
import { blockRows, columnPieces, type Rows } from '../rows.ts';
import { cannotHold, writeNew } from './export-files.ts';

/** The first version of SAELens with this layout of cfg.json. */
const layoutVersion = '6.0.0';

/** cfg.json in the layout of SAELens 6, and sae_weights.safetensors. */
export async function writeSaeLens(
  dictionary: FoundDictionary,
  folder: string,
  pace: Pace,
): Promise<string[]> {
  const config = JSON.stringify(configOf(dictionary), null, 2);
  await writeTensors(join(folder, 'sae_weights.safetensors'), dictionary, {}, pace);
  writeNew(join(folder, 'cfg.json'), config);
  return [];
}

/** One safetensors file in SAELens' names and orientation, with the whole form in its metadata. */
export async function writePlain(
  dictionary: FoundDictionary,
  folder: string,
  pace: Pace,
): Promise<string[]> {
  const { form, name, hook, target, model, processing } = dictionary;
  const metadata = {
    format: 'assay-dictionary',
    form: JSON.stringify(form),
    name,
    hook,
    ...(target !== '' && { target }),
    model,
    processing,
  };
  await writeTensors(join(folder, 'dictionary.safetensors'), dictionary, metadata, pace);
  return [];
}

const normalisations = {
  none: 'none',
  'constant-norm': 'constant_norm_rescale',
  'layer-norm': 'layer_norm',
} as const;

function configOf({ form, sizes, hook, target, model, processing }: FoundDictionary) {
  const isTranscoder = form.skip || sizes.dIn !== sizes.dOut;
  const isProcessed = processing === 'transformer-lens';
  return {
    architecture: architectureOf({ form, sizes }),
    d_in: sizes.dIn,
    ...(isTranscoder && { d_out: sizes.dOut }),
    d_sae: sizes.latents,
    ...(form.k !== null && { k: form.k }),
    dtype: 'float32',
    device: 'cpu',
    apply_b_dec_to_input: form.centred,
    normalize_activations: normalisations[form.input],
    reshape_activations: 'none',
    metadata: {
      sae_lens_version: layoutVersion,
      model_name: model,
      hook_name: hook,
      ...(target !== '' && { hook_name_out: target }),
      ...(isProcessed && {
        model_from_pretrained_kwargs: {
          fold_ln: true,
          center_writing_weights: true,
          center_unembed: true,
        },
      }),
    },
  };
}

function architectureOf({ form, sizes }: Pick<FoundDictionary, 'form' | 'sizes'>): string {
  const { activation, centred, input, skip } = form;
  if (skip || sizes.dIn !== sizes.dOut) {
    if (centred || input !== 'none' || (activation !== 'relu' && activation !== 'jumprelu'))
      throw cannotHold('SAELens', `of ${activation} that maps to another place`);
    const start = activation === 'jumprelu' ? 'jumprelu_' : '';
    return `${start}${skip ? 'skip_' : ''}transcoder`;
  }
  switch (activation) {
    case 'relu':
      return 'standard';
    case 'topk':
    case 'abstopk':
    case 'jumprelu':
    case 'gated':
      return activation;
    case 'identity':
    case 'groupmax':
      throw cannotHold('SAELens', `with ${activation}`);
  }
}

async function writeTensors(
  path: string,
  { form, sizes, tensors }: FoundDictionary,
  metadata: Readonly<Record<string, string>>,
  pace: Pace,
): Promise<void> {
  const parts = formTensors(form, sizes).map(({ name, shape }) => {
    const plain = plainTensor(name);
    const lengths = plain.turned ? shape.toReversed() : shape;
    const plan: TensorPlan = { name: plain.name, dtype: 'F32', shape: lengths };
    return { plan, turned: plain.turned, rows: tensors[name]! };
  });
  const plans = parts.map(({ plan }) => plan);
  const writer = new SafetensorsWriter(path, plans, metadata);
  try {
    for (const { plan, turned, rows } of parts)
      if (turned) await writeTurned(writer, plan.name, rows, pace);
      else await writeRows(writer, plan.name, rows, pace);
  } finally {
    writer.close();
  }
}

async function writeRows(
  writer: SafetensorsWriter,
  name: string,
  source: Rows,
  pace: Pace,
): Promise<void> {
  const step = blockRows(source);
  for (let start = 0; start < source.rows; start += step) {
    const block = source.read(start, Math.min(source.rows, start + step));
    writer.write(name, block, start * source.columns);
    await pace(block.byteLength);
  }
}

/** Rows as the columns of the tensor. */
async function writeTurned(
  writer: SafetensorsWriter,
  name: string,
  source: Rows,
  pace: Pace,
): Promise<void> {
  for (const { start, count, values } of columnPieces(source)) {
    for (let column = 0; column < source.columns; column++)
      writer.write(
        name,
        values.subarray(column * count, (column + 1) * count),
        column * source.rows + start,
      );
    await pace(values.byteLength);
  }
}
