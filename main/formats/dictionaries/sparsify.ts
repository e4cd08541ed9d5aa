import { basename, dirname } from 'node:path';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import { AppError } from '../../../shared/errors.ts';
import { flagIn, numberIn, textIn } from './config-values.ts';
import { found, type Config, type FoundDictionary } from './found.ts';
import { matrixOf, vectorOf } from './rows.ts';

/**
 * EleutherAI sparsify (1.3.3, sparse_coder.py): cfg.json and sae.safetensors in a folder that is called
 * after its hook point, with `seedN` below it where there are several seeds. W_dec lies by latents, and
 * `normalize_decoder` says what training did, not what the forward pass does.
 * @param root folder from which the name is told
 */
export function readSparsify(
  reader: TensorReader,
  config: Config,
  folder: string,
): FoundDictionary {
  const { source } = reader;
  const activation = textIn(config, 'activation') || 'topk';
  if (activation !== 'topk' && activation !== 'groupmax')
    throw new AppError(
      'unsupported',
      `${source}: its activation is '${activation.slice(0, 80)}', where sparsify has topk and groupmax.`,
      { file: source, place: 'activation' },
    );
  const transcode = flagIn(config, 'transcode', false);
  const warnings = flagIn(config, 'signed', false)
    ? [
        'It was trained with signed codes, which sparsify no longer has: like sparsify, Assay keeps those above 0.',
      ]
    : [];
  return found({
    path: source,
    name: nameOf(dirname(source), folder),
    format: 'sparsify',
    architecture: transcode ? `${activation} transcoder` : activation,
    form: { activation, k: numberIn(config, 'k') ?? 32, centred: !transcode },
    tensors: {
      encoder: matrixOf(reader, 'encoder.weight', 'rows'),
      encoderBias: vectorOf(reader, 'encoder.bias'),
      decoder: matrixOf(reader, 'W_dec', 'rows'),
      decoderBias: vectorOf(reader, 'b_dec'),
      ...(reader.tensors.has('W_skip') && { skip: matrixOf(reader, 'W_skip', 'rows') }),
    },
    hook: transcode ? '' : hookOf(dirname(source)),
    model: textIn(config, 'model'),
    reason: 'cfg.json and sae.safetensors lie together, as sparsify saves them',
    conversions: [],
    warnings,
    config,
  });
}

/** `layers.10/seed2`: the hook point, with the seed where there is one. */
function nameOf(folder: string, root: string): string {
  const own = basename(folder);
  const name = /^seed\d+$/.test(own) ? `${basename(dirname(folder))}/${own}` : own;
  return folder === root ? name : `${basename(root)}/${name}`;
}

const sites: Readonly<Record<string, string>> = {
  '': 'hook_resid_post',
  attn: 'hook_attn_out',
  self_attn: 'hook_attn_out',
  attention: 'hook_attn_out',
  mlp: 'hook_mlp_out',
};

/** Modules of Hugging Face, `layers.10`, `h.0.attn`: what is hooked is their output. */
function hookOf(folder: string): string {
  const own = basename(folder);
  const name = /^seed\d+$/.test(own) ? basename(dirname(folder)) : own;
  const match = /(?:^|\.)(?:layers|h)\.(\d+)(?:\.(\w+))?$/.exec(name);
  const site = sites[match?.[2] ?? ''];
  return match && site !== undefined ? `blocks.${match[1]}.${site}` : '';
}
