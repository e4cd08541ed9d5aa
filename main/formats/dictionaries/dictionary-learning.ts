import { basename, dirname } from 'node:path';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import { AppError } from '../../../shared/errors.ts';
import { numberIn, partIn, textIn } from './config-values.ts';
import { found, type Config, type Described, type FoundDictionary } from './found.ts';
import { constantRows, matrixOf, normsOf, scalarOf, scaledRows, vectorOf } from './rows.ts';

/**
 * dictionary_learning (Marks, Karvonen and Mueller; 0.1.0): ae.pt, a state dict of one of its classes,
 * and config.json with trainer.dict_class. A run that was interrupted leaves {step, ae, optimizer,
 * config, norm_factor} in its place.
 */
export function readDictionaryLearning(
  reader: TensorReader,
  config: Config | null,
  reason: string,
): FoundDictionary {
  const trainer = partIn(config ?? {}, 'trainer');
  const prefix =
    reader.tensors.has('ae.encoder.weight') || reader.tensors.has('ae.W_enc') ? 'ae.' : '';
  const type = textIn(trainer, 'dict_class') || classOf(reader, prefix);
  const read = classes[type];
  if (!read)
    throw new AppError(
      'unsupported',
      `${reader.source}: its class is '${type.slice(0, 80)}', which Assay does not know. It reads ${Object.keys(classes).join(', ')}.`,
      { file: reader.source, place: 'trainer.dict_class' },
    );
  const parts = read({ reader, prefix, trainer });
  const backup = prefix === '' ? [] : ['It is the backup of an interrupted run; its `ae` is read.'];
  return found({
    path: reader.source,
    name: nameOf(reader.source),
    format: 'dictionary_learning',
    architecture: type,
    ...parts,
    conversions: [...backup, ...(parts.conversions ?? [])],
    hook: hookOf(trainer),
    model: textIn(trainer, 'lm_name'),
    reason,
    config,
  });
}

interface Source {
  readonly reader: TensorReader;
  readonly prefix: string;
  readonly trainer: Config;
}

type Parts = Pick<Described, 'form' | 'tensors' | 'warnings'> & {
  readonly conversions?: readonly string[];
};

const classes: Readonly<Record<string, (source: Source) => Parts>> = {
  AutoEncoder(source) {
    const parts = linear(source, 'bias');
    const norms = normsOf(parts.decoder);
    // As from_pretrained does by default, where a norm is off by more than torch.allclose allows.
    if (norms().every((norm) => Math.abs(norm - 1) <= 1e-8 + 1e-5))
      return { form: { activation: 'relu', centred: true }, tensors: parts };
    return {
      form: { activation: 'relu', centred: true },
      tensors: {
        ...parts,
        encoder: scaledRows(parts.encoder, norms),
        encoderBias: scaledRows(parts.encoderBias, norms),
        decoder: scaledRows(parts.decoder, norms, 'divided'),
      },
      conversions: [
        'The columns of the decoder get unit length, and the encoder their norms, as the library does when it loads the file: reconstructions stay, activations are scaled.',
      ],
    };
  },
  AutoEncoderNew: (source) => ({
    form: { activation: 'relu' },
    tensors: linear(source, 'decoder.bias'),
  }),
  GatedAutoEncoder({ reader, prefix }) {
    return {
      form: { activation: 'gated', centred: true },
      tensors: {
        encoder: matrixOf(reader, `${prefix}encoder.weight`, 'rows'),
        decoder: matrixOf(reader, `${prefix}decoder.weight`, 'columns'),
        decoderBias: vectorOf(reader, `${prefix}decoder_bias`),
        gateBias: vectorOf(reader, `${prefix}gate_bias`),
        magnitudeBias: vectorOf(reader, `${prefix}mag_bias`),
        magnitudeScale: vectorOf(reader, `${prefix}r_mag`),
      },
    };
  },
  JumpReluAutoEncoder: (source) => ({
    form: { activation: 'jumprelu' },
    tensors: {
      ...projected(source),
      threshold: vectorOf(source.reader, `${source.prefix}threshold`),
    },
  }),
  AutoEncoderTopK(source) {
    const { reader, prefix, trainer } = source;
    const stored = reader.tensors.has(`${prefix}k`) ? scalarOf(reader, `${prefix}k`) : undefined;
    const k = stored ?? numberIn(trainer, 'k') ?? null;
    return { form: { activation: 'topk', centred: true, k }, tensors: linear(source, 'b_dec') };
  },
  BatchTopKSAE: (source) => thresholded(source, linear(source, 'b_dec')),
  MatryoshkaBatchTopKSAE: (source) => thresholded(source, projected(source)),
};

/** encoder.weight [n, d] and decoder.weight [d, n], as nn.Linear has them. */
function linear({ reader, prefix }: Source, decoderBias: string) {
  return {
    encoder: matrixOf(reader, `${prefix}encoder.weight`, 'rows'),
    encoderBias: vectorOf(reader, `${prefix}encoder.bias`),
    decoder: matrixOf(reader, `${prefix}decoder.weight`, 'columns'),
    decoderBias: vectorOf(reader, `${prefix}${decoderBias}`),
  };
}

/** W_enc [d, n] and W_dec [n, d]. */
function projected({ reader, prefix }: Source) {
  return {
    encoder: matrixOf(reader, `${prefix}W_enc`, 'columns'),
    encoderBias: vectorOf(reader, `${prefix}b_enc`),
    decoder: matrixOf(reader, `${prefix}W_dec`, 'rows'),
    decoderBias: vectorOf(reader, `${prefix}b_dec`),
  };
}

/** BatchTopK keeps, at inference, what exceeds one threshold. */
function thresholded({ reader, prefix }: Source, tensors: ReturnType<typeof linear>): Parts {
  const name = `${prefix}threshold`;
  const threshold = reader.tensors.has(name) ? scalarOf(reader, name) : -1;
  return {
    form: { activation: 'jumprelu', centred: true },
    tensors: { ...tensors, threshold: constantRows(tensors.encoder.rows, Math.max(0, threshold)) },
    conversions: ['The one threshold of BatchTopK is given to each latent.'],
    warnings:
      threshold < 0
        ? [
            'Its threshold was never set: at inference the library, and Assay, treat it as a plain ReLU.',
          ]
        : [],
  };
}

/** The class, by the tensors that it alone has. */
function classOf(reader: TensorReader, prefix: string): string {
  const has = (name: string) => reader.tensors.has(prefix + name);
  if (has('decoder_bias')) return 'GatedAutoEncoder';
  if (has('bias')) return 'AutoEncoder';
  if (has('W_enc')) return has('group_sizes') ? 'MatryoshkaBatchTopKSAE' : 'JumpReluAutoEncoder';
  if (has('decoder.bias')) return 'AutoEncoderNew';
  // AutoEncoderTopK and BatchTopKSAE have the same tensors; only the configuration tells them apart.
  throw new AppError(
    'unsupported',
    `${reader.source}: AutoEncoderTopK and BatchTopKSAE have the same tensors. Put the run's config.json beside the file.`,
    { file: reader.source, place: 'config.json' },
  );
}

const sites: Readonly<Record<string, string>> = {
  resid_pre: 'hook_resid_pre',
  resid_post: 'hook_resid_post',
  attention_out: 'hook_attn_out',
  mlp_out: 'hook_mlp_out',
};

/** Submodules are called `resid_post_layer_8`. */
function hookOf(trainer: Config): string {
  const match = /^(\w+)_layer_(\d+)$/.exec(textIn(trainer, 'submodule_name'));
  const site = sites[match?.[1] ?? ''];
  return match && site !== undefined ? `blocks.${match[2]}.${site}` : '';
}

function nameOf(source: string): string {
  const file = basename(source).replace(/\.\w+$/, '');
  const folder = basename(dirname(source));
  return file === 'ae' ? folder : `${folder}/${file}`;
}
