import * as v from 'valibot';
import { hookPattern, mlpInputSites, splitHookName } from '../../../shared/domain/hook-name.ts';
import { AppError } from '../../../shared/errors.ts';

/** Hook points of a block of a HookedTransformer of TransformerLens 2, in the order of its hook_dict. */
const blockHooks = [
  'ln1.hook_scale',
  'ln1.hook_normalized',
  'ln2.hook_scale',
  'ln2.hook_normalized',
  ...['k', 'q', 'v', 'z', 'attn_scores', 'pattern', 'result'].map((name) => `attn.hook_${name}`),
  'mlp.hook_pre',
  'mlp.hook_post',
  ...['attn_in', 'q_input', 'k_input', 'v_input', 'mlp_in', 'attn_out', 'mlp_out'].map(
    (name) => `hook_${name}`,
  ),
  'hook_resid_pre',
  'hook_resid_mid',
  'hook_resid_post',
];

const configSchema = v.looseObject({
  model_type: v.optional(v.string()),
  n_layer: v.optional(v.number()),
  n_layers: v.optional(v.number()),
  num_layers: v.optional(v.number()),
  num_hidden_layers: v.optional(v.number()),
  use_parallel_residual: v.optional(v.boolean()),
});

/**
 * Names of all hook points of a model under TransformerLens, from its configuration (`config.json`, or
 * that beside a checkpoint of TransformerLens).
 * @throws AppError `corrupt` where it does not say how many layers there are.
 */
export function lensHookNames(config: unknown, file: string): string[] {
  const parsed = v.safeParse(configSchema, config);
  const fields = parsed.success ? parsed.output : {};
  const layers =
    fields.n_layer ?? fields.n_layers ?? fields.num_layers ?? fields.num_hidden_layers ?? 0;
  if (!Number.isInteger(layers) || layers < 1 || layers > 10_000)
    throw new AppError('corrupt', `${file} does not say how many layers the model has.`, {
      file,
      place: 'n_layer',
    });
  const isParallel = fields.model_type === 'gpt_neox' && (fields.use_parallel_residual ?? true);
  const blocks = Array.from({ length: layers }, (_, layer) =>
    blockHooks
      .filter((name) => !isParallel || name !== 'hook_resid_mid')
      .map((name) => `blocks.${layer}.${name}`),
  );
  const ends = ['ln_final.hook_scale', 'ln_final.hook_normalized'];
  return ['hook_embed', 'hook_pos_embed', ...blocks.flat(), ...ends];
}

/**
 * The hook points that entries of `sae_positions` mean: every one whose name has an entry in it, in the
 * order of the forward pass.
 * @param hookNames the model's; asked for only where an entry is not the whole name of a hook point
 * @throws AppError `bad-spec` for an entry that is in no name, or in one where no dictionary can be.
 */
export function matchPositions(
  entries: readonly string[],
  file: string,
  hookNames: () => readonly string[],
): string[] {
  const refuse = (problem: string): never => {
    const place = 'saes.sae_positions';
    throw new AppError('bad-spec', `${file}: ${place}: ${problem}.`, { file, place });
  };
  const names = entries.every(isSpliceable) ? entries : hookNames();
  for (const entry of entries)
    if (!names.some((name) => name.includes(entry)))
      refuse(`'${entry}' is in the name of no hook point of the model`);
  const met = [...new Set(names)].filter((name) => entries.some((entry) => name.includes(entry)));
  const other = met.find((name) => !isSpliceable(name));
  if (other !== undefined)
    refuse(
      `'${entries.find((entry) => other.includes(entry))}' also means ${other}, where no dictionary can be spliced in; write a longer part of the names`,
    );
  return met;
}

function isSpliceable(name: string): boolean {
  const site = splitHookName(name)?.site;
  return hookPattern.test(name) && site !== undefined && !mlpInputSites.includes(site);
}
