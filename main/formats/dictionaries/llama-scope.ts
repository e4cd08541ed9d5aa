import { basename, dirname } from 'node:path';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import { AppError } from '../../../shared/errors.ts';
import { textIn } from './config-values.ts';
import { found, type Config, type FoundDictionary } from './found.ts';
import { changedRows, constantRows, matrixOf, scaledBy, vectorOf, type Rows } from './rows.ts';

/**
 * Llama Scope (He et al. 2024, arXiv 2410.20526): hyperparams.json and checkpoints/final.safetensors, with
 * one threshold for all and inputs scaled to a mean norm of sqrt(d). Its later form has config.json and
 * sae_weights.safetensors with the logarithm of each threshold. As SAELens reads them: the scale is
 * folded into the weights, and the one threshold is scaled with them.
 */
export function readLlamaScope(reader: TensorReader, config: Config): FoundDictionary {
  const { source } = reader;
  const encoder = matrixOf(reader, 'encoder.weight', 'rows');
  const average = config['dataset_average_activation_norm'];
  const norm =
    average !== null && typeof average === 'object' ? (average as Config)['in'] : undefined;
  const scale =
    typeof norm === 'number' && norm > 0 ? Math.sqrt(encoder.columns) / norm : undefined;
  const hasLogarithms = reader.tensors.has('log_jumprelu_threshold');
  const single = config['jump_relu_threshold'];
  if (!hasLogarithms && typeof single !== 'number')
    throw new AppError(
      'corrupt',
      `${source}: neither log_jumprelu_threshold nor jump_relu_threshold says where codes begin. Download its hyperparams.json again.`,
      { file: source, place: 'jump_relu_threshold' },
    );
  const decoder = matrixOf(reader, 'decoder.weight', 'columns');
  const decoderBias = vectorOf(reader, 'decoder.bias');
  return found({
    path: source,
    name: basename(dirname(source).replace(/[/\\]checkpoints$/, '')),
    format: 'llama-scope',
    architecture: 'jumprelu',
    form: { activation: 'jumprelu' },
    tensors: {
      encoder: scale === undefined ? encoder : scaledBy(encoder, scale),
      encoderBias: vectorOf(reader, 'encoder.bias'),
      decoder: scale === undefined ? decoder : scaledBy(decoder, 1 / scale),
      decoderBias: scale === undefined ? decoderBias : scaledBy(decoderBias, 1 / scale),
      threshold: hasLogarithms
        ? exponentials(vectorOf(reader, 'log_jumprelu_threshold'))
        : constantRows(encoder.rows, (single as number) * (scale ?? 1)),
    },
    hook: textIn(config, 'hook_point_in'),
    model: textIn(config, 'model_name') || 'meta-llama/Llama-3.1-8B',
    reason: hasLogarithms
      ? 'it has log_jumprelu_threshold beside encoder.weight, as the later Llama Scope'
      : 'hyperparams.json and checkpoints/final.safetensors lie together, as Llama Scope',
    conversions: [
      ...(scale === undefined
        ? []
        : [
            `The scale of its inputs, sqrt(${encoder.columns}) / ${String(norm)}, is folded into the weights.`,
          ]),
      hasLogarithms
        ? 'The thresholds are the exponentials of what is stored.'
        : 'The one threshold is given to each latent, scaled with the encoder as SAELens does.',
    ],
    warnings:
      scale === undefined
        ? ['It does not say how large its inputs were on average: they are taken as they are.']
        : [],
    config,
  });
}

function exponentials(source: Rows): Rows {
  return changedRows(source, (values) => {
    for (let i = 0; i < values.length; i++) values[i] = Math.exp(values[i]!);
  });
}
