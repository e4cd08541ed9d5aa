import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import { AppError } from '../../../shared/errors.ts';
import { openSafetensors } from '../safetensors.ts';
import { flagIn, numberIn, partIn, textIn } from './config-values.ts';
import { found, type Config, type Described, type FoundDictionary } from './found.ts';
import { matrixOf, normsOf, scaledRows, vectorOf, wholeOf, type Rows } from './rows.ts';

/**
 * SAELens: cfg.json and sae_weights.safetensors (read against 6.54, sae_lens/saes). From version 6 on
 * what belongs to the model lies in `metadata`; before it the configuration is flat, under names that
 * changed (loading/pretrained_sae_loaders.py, handle_pre_6_0_config).
 */
export function readSaeLens(reader: TensorReader, config: Config): FoundDictionary {
  const { source } = reader;
  const settings = settingsOf(config, source);
  const { form, architecture } = settings;
  const conversions: string[] = [...settings.conversions];
  const warnings: string[] = [...settings.warnings];
  let decoder = matrixOf(reader, 'W_dec', 'rows');
  let encoder = matrixOf(reader, 'W_enc', 'columns');
  const isGated = form.activation === 'gated';
  let encoderBias = isGated ? undefined : vectorOf(reader, 'b_enc');
  const scale = fineTuning(reader);
  if (scale) {
    const factors = wholeOf(scale);
    decoder = scaledRows(decoder, () => factors);
    conversions.push('The scaling factors of a finetuning are multiplied into the decoder.');
  }
  if (flagIn(config, 'rescale_acts_by_decoder_norm', false)) {
    const norms = normsOf(matrixOf(reader, 'W_dec', 'rows'));
    encoder = scaledRows(encoder, norms);
    encoderBias = encoderBias && scaledRows(encoderBias, norms);
    decoder = scaledRows(decoder, norms, 'divided');
    conversions.push(
      'The norms of the decoder, by which SAELens scales codes as they are made and used, are multiplied into the encoder and divided out of the decoder.',
    );
  }
  return found({
    path: source,
    name: nameOf(source),
    format: 'saelens',
    architecture,
    form,
    tensors: {
      encoder,
      decoder,
      decoderBias: vectorOf(reader, 'b_dec'),
      ...(encoderBias && { encoderBias }),
      ...(form.activation === 'jumprelu' && { threshold: vectorOf(reader, 'threshold') }),
      ...(isGated && {
        gateBias: vectorOf(reader, 'b_gate'),
        magnitudeBias: vectorOf(reader, 'b_mag'),
        magnitudeScale: vectorOf(reader, 'r_mag'),
      }),
      ...(settings.skip && { skip: matrixOf(reader, 'W_skip', 'rows') }),
    },
    ...placeOf(config),
    alive: aliveBeside(source),
    reason: 'cfg.json and sae_weights.safetensors lie together, as SAELens saves them',
    conversions,
    warnings,
    config,
  });
}

interface Settings extends Pick<FoundDictionary, 'architecture' | 'conversions' | 'warnings'> {
  readonly form: Described['form'];
  readonly skip: boolean;
}

function settingsOf(config: Config, file: string): Settings {
  const function_ = textIn(config, 'activation_fn', 'activation_fn_str');
  const k = numberIn(partIn(config, 'activation_fn_kwargs'), 'k');
  let architecture = textIn(config, 'architecture') || 'standard';
  // Before version 6, top-k was an activation of the standard architecture.
  if (function_ === 'topk' && k !== undefined) architecture = 'topk';
  const { input, conversions, warnings } = inputOf(config, file);
  const centred = flagIn(config, 'apply_b_dec_to_input', true);
  const form = (activation: Described['form']['activation']) => ({ activation, centred, input });
  const plain = { architecture, conversions, warnings, skip: false };
  if (function_ !== '' && !['relu', 'topk'].includes(function_) && architecture === 'standard')
    throw refused(file, 'activation_fn', `its activation is '${function_}'`);
  switch (architecture) {
    case 'standard':
      return { ...plain, form: form('relu') };
    case 'gated':
      return { ...plain, form: form('gated') };
    case 'jumprelu':
      return { ...plain, form: form('jumprelu') };
    case 'topk':
    case 'abstopk':
      return { ...plain, form: { ...form(architecture), k: numberIn(config, 'k') ?? k ?? 100 } };
    case 'transcoder':
    case 'skip_transcoder':
    case 'jumprelu_transcoder':
    case 'jumprelu_skip_transcoder': {
      if (input !== 'none')
        throw refused(
          file,
          'normalize_activations',
          'it is a transcoder whose input is normalised',
        );
      const activation = architecture.startsWith('jumprelu') ? 'jumprelu' : 'relu';
      const skip = architecture.includes('skip');
      return { ...plain, skip, form: { activation, centred: false } };
    }
    default:
      throw refused(file, 'architecture', `its architecture is '${architecture.slice(0, 80)}'`);
  }
}

/** What is done to the input. Booleans stand for `none` and `expected_average_only_in` before version 6. */
function inputOf(config: Config, file: string) {
  const value = config['normalize_activations'];
  const kind = value === true ? 'expected_average_only_in' : value || 'none';
  switch (kind) {
    case 'none':
      return { input: 'none', conversions: [], warnings: [] } as const;
    case 'constant_norm_rescale':
      return { input: 'constant-norm', conversions: [], warnings: [] } as const;
    case 'layer_norm':
      return { input: 'layer-norm', conversions: [], warnings: [] } as const;
    case 'expected_average_only_in':
      return {
        input: 'none',
        conversions: [],
        warnings: [
          'Its input was scaled by a constant in training (expected_average_only_in). The file does not say by how much: where the constant was not folded into the weights, activations must be scaled first.',
        ],
      } as const;
    default:
      throw refused(
        file,
        'normalize_activations',
        `its input is normalised by '${String(kind).slice(0, 80)}'`,
      );
  }
}

/** Scaling factors of a finetuning, which may be there and say nothing. */
function fineTuning(reader: TensorReader): Rows | undefined {
  const name = ['scaling_factor', 'finetuning_scaling_factor'].find((key) =>
    reader.tensors.has(key),
  );
  if (name === undefined) return undefined;
  const factors = vectorOf(reader, name);
  return wholeOf(factors).every((factor) => factor === 1) ? undefined : factors;
}

/** Hook point and model, in `metadata` or flat. */
function placeOf(config: Config) {
  const metadata = partIn(config, 'metadata');
  const options = {
    ...partIn(config, 'model_from_pretrained_kwargs'),
    ...partIn(metadata, 'model_from_pretrained_kwargs'),
  };
  // SAELens takes models as they are, unless it was told to process them.
  const isProcessed =
    flagIn(options, 'fold_ln', false) && flagIn(options, 'center_writing_weights', false);
  return {
    hook: textIn(metadata, 'hook_name') || textIn(config, 'hook_name', 'hook_point'),
    target: textIn(metadata, 'hook_name_out') || textIn(config, 'hook_name_out'),
    model: textIn(metadata, 'model_name') || textIn(config, 'model_name'),
    processing: isProcessed ? ('transformer-lens' as const) : ('none' as const),
  };
}

/** Latents that fire, by sparsity.safetensors: the logarithms of (frequency + 1e-10). */
function aliveBeside(source: string): number | null {
  const path = join(dirname(source), 'sparsity.safetensors');
  if (!existsSync(path)) return null;
  const reader = openSafetensors(path);
  try {
    const logarithms = wholeOf(vectorOf(reader, 'sparsity'));
    return logarithms.reduce((alive, value) => alive + (value > neverFires ? 1 : 0), 0);
  } finally {
    reader.close();
  }
}

const neverFires = -9.99;

function nameOf(source: string): string {
  return basename(dirname(source));
}

function refused(file: string, place: string, problem: string): AppError {
  return new AppError(
    'unsupported',
    `${file}: ${problem}, which Assay does not compute. It reads the SAELens architectures standard, gated, topk, abstopk, jumprelu and the transcoders.`,
    { file, place },
  );
}
