import { AppError } from '../../../shared/errors.ts';
import { hookName, splitHookName, type HookSite } from '../../../shared/domain/hook-name.ts';
import type { TransformerConfig } from './config.ts';

export { hookName, type HookSite } from '../../../shared/domain/hook-name.ts';

/**
 * A hook point under its TransformerLens name. In a pre-norm block,
 *   resid_mid = resid_pre + attn_out,  resid_post = resid_mid + mlp_out = the next block's resid_pre.
 * Where attention and MLP run side by side there is no resid_mid. attn_out and mlp_out are what is
 * added to the stream, after the norms that Gemma 2 has there. mlp_in is the stream that the MLP reads
 * and ln2_normalized (`ln2.hook_normalized`) the same after its norm: with gain and bias for a layer
 * norm, without its gain for an RMS norm, as TransformerLens has them.
 */
export interface HookPoint {
  readonly name: string;
  readonly layer: number;
  readonly site: HookSite;
}

/** @throws AppError `bad-input` for a name that the model does not have. */
export function parseHook(name: string, config: TransformerConfig): HookPoint {
  const hook = splitHookName(name);
  const isThere = hook && hook.layer < config.layers;
  if (!isThere || (config.parallel && hook.site === 'resid_mid'))
    throw new AppError(
      'bad-input',
      `The model has no hook point '${name}'. It has ${config.layers} blocks: ${hookName(0, 'resid_pre')} to ${hookName(config.layers - 1, 'resid_post')}, with resid_pre, ${config.parallel ? '' : 'resid_mid, '}resid_post, attn_out, mlp_in, ln2.hook_normalized and mlp_out in each.`,
      { place: name },
    );
  return { name, ...hook };
}

/** First block that has to be computed once the value at the hook point is known. */
export function blockAfter(hook: HookPoint): number {
  return hook.site === 'resid_post' ? hook.layer + 1 : hook.layer;
}
