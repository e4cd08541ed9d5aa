import { basename, dirname } from 'node:path';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import { AppError } from '../../../shared/errors.ts';
import { textIn } from './config-values.ts';
import { found, type Config, type FoundDictionary } from './found.ts';
import { matrixOf, scaledBy, vectorOf } from './rows.ts';

/**
 * Gemma Scope (Lieberum et al. 2024, arXiv 2408.05147): params.npz with W_enc [d, n], W_dec [n, d], b_enc,
 * b_dec and threshold, JumpReLU on the activations as they are; some files write w_ for W_. Gemma Scope
 * 2: params.safetensors with the small letters, config.json, and an affine_skip_connection [d_in, d_out]
 * in some transcoders. Where a dictionary was trained stands in the names of its folders alone.
 */
export function readGemmaScope(
  reader: TensorReader,
  config: Config | null,
  version: 1 | 2,
): FoundDictionary {
  const { source } = reader;
  const name = (plain: string) => (reader.tensors.has(plain) ? plain : plain.replace(/^W_/, 'w_'));
  const architecture = config ? textIn(config, 'architecture') : '';
  if (architecture !== '' && architecture !== 'jump_relu')
    throw new AppError(
      'unsupported',
      `${source}: its architecture is '${architecture}', where Gemma Scope has jump_relu.`,
      { file: source, place: 'architecture' },
    );
  const place = placeOf(source, config);
  let encoder = matrixOf(reader, name('W_enc'), 'columns');
  let decoder = matrixOf(reader, name('W_dec'), 'rows');
  const conversions: string[] = [];
  if (/(^|\/)embedding(\/|$)/.test(dirname(source).replaceAll('\\', '/'))) {
    const root = Math.sqrt(encoder.columns);
    [encoder, decoder] = [scaledBy(encoder, 1 / root), scaledBy(decoder, root)];
    conversions.push(
      'It was trained on embeddings times the square root of their width: the encoder is divided, and the decoder multiplied, by it.',
    );
  }
  const skip = reader.tensors.has('affine_skip_connection')
    ? matrixOf(reader, 'affine_skip_connection', 'columns')
    : undefined;
  return found({
    path: source,
    name: folderName(source),
    format: 'gemma-scope',
    architecture: place.isTranscoder ? 'jump_relu transcoder' : 'jump_relu',
    form: { activation: 'jumprelu' },
    tensors: {
      encoder,
      encoderBias: vectorOf(reader, 'b_enc'),
      decoder,
      decoderBias: vectorOf(reader, 'b_dec'),
      threshold: vectorOf(reader, 'threshold'),
      ...(skip && { skip }),
    },
    hook: place.hook,
    model: place.model,
    reason:
      version === 1
        ? 'it is a npz with W_enc, W_dec and threshold, as Gemma Scope'
        : 'it is a safetensors file with w_enc, w_dec and threshold, as Gemma Scope 2',
    conversions,
    config,
  });
}

/** The last three folders, which say layer, width and L0. */
function folderName(source: string): string {
  return dirname(source).replaceAll('\\', '/').split('/').slice(-3).join('/') || basename(source);
}

const models: readonly (readonly [RegExp, string])[] = [
  [/gemma-scope-2-([\w.]+-(?:it|pt))/, 'google/gemma-3-'],
  [/gemma-scope-([\w.]+b)-(?:it|pt)/, 'google/gemma-2-'],
];

function placeOf(source: string, config: Config | null) {
  const path = source.replaceAll('\\', '/');
  const layer = /layer_(\d+)/.exec(path)?.[1];
  const isTranscoder = /transcoder|\bclt\b/.test(path);
  const named = models.flatMap(([pattern, start]) => {
    const match = pattern.exec(path);
    return match ? [start + match[1]!] : [];
  });
  const site = /resid_post|-res\b/.test(path)
    ? 'hook_resid_post'
    : /mlp_out|-mlp\b/.test(path)
      ? 'hook_mlp_out'
      : /attn_out|-att\b/.test(path)
        ? 'attn.hook_z'
        : '';
  return {
    isTranscoder,
    hook: layer === undefined || site === '' || isTranscoder ? '' : `blocks.${layer}.${site}`,
    model: (config && textIn(config, 'model_name')) || (named[0] ?? ''),
  };
}
