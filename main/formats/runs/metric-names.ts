/**
 * Figures of e2e_sae under Assay's names, for what both define alike (facts in e2e_sae's metrics.py and
 * run_train_tlens_saes.py). `{s}` there is train or eval: values on held-out data become metrics and
 * series `eval.…`, those of training series without a prefix.
 */
export interface RenamedMetric {
  readonly name: string;
  /** -1 where e2e_sae counts in the other direction. */
  readonly sign: 1 | -1;
}

const split = { train: '', eval: 'eval.' } as const;

const performance: Readonly<Record<string, RenamedMetric>> = {
  orig_model_ce_loss: { name: 'ceOriginal', sign: 1 },
  sae_model_ce_loss: { name: 'ceSpliced', sign: 1 },
  difference_ce_loss: { name: 'ceIncrease', sign: -1 },
  orig_vs_sae_top1_consistency: { name: 'topOneAgreement', sign: 1 },
  orig_vs_sae_statistical_distance: { name: 'totalVariation', sign: 1 },
};

const outToIn: Readonly<Record<string, string>> = {
  explained_variance: 'explainedVariancePerToken',
  explained_variance_std: 'explainedVariancePerTokenStd',
  explained_variance_ln: 'explainedVarianceLayerNormed',
  explained_variance_ln_std: 'explainedVarianceLayerNormedStd',
};

const whole: Readonly<Record<string, string>> = {
  loss: 'loss',
  lr: 'learningRate',
  grad_norm: 'gradientNorm',
};

/** The sentence that goes with a turned sign. */
export const turnedSignNote =
  'e2e_sae logs difference_ce_loss as CE of the model minus CE with the dictionary; its sign is turned here, so that a positive CE increase is worse.';

/** True for a run config of e2e_sae, complete or not. */
export function isE2eSaeConfig(config: Readonly<Record<string, unknown>>): boolean {
  return 'saes' in config && 'loss' in config;
}

/**
 * Assay's name and direction for a key that e2e_sae logged; undefined for keys that have no
 * counterpart, which keep their name.
 * @param isE2eSae the run's config is e2e_sae's; keys without a group mean something only there.
 */
export function renameMetric(key: string, isE2eSae: boolean): RenamedMetric | undefined {
  const plain = isE2eSae && Object.hasOwn(whole, key) ? whole[key] : undefined;
  if (plain !== undefined) return { name: plain, sign: 1 };
  const [group, part, metric = '', detail = ''] = key.split('/');
  if (part === 'alive_dict_elements' || part === 'alive_dict_elements_final')
    return group === 'sparsity' ? { name: 'alive', sign: 1 } : undefined;
  if (part !== 'train' && part !== 'eval') return undefined;
  const prefix = split[part];
  const named = (name: string | undefined, sign: 1 | -1 = 1) =>
    name === undefined ? undefined : { name: `${prefix}${name}`, sign };
  if (group === 'performance') {
    const found = Object.hasOwn(performance, metric) ? performance[metric] : undefined;
    return found && named(found.name, found.sign);
  }
  if (group === 'sparsity' && metric === 'L_0') return named('l0');
  if (group === 'sparsity' && metric === 'frac_zeros') return named('fractionZero');
  if (group !== 'loss') return undefined;
  if (metric === 'logits_kl') return named(part === 'train' ? 'logitsKl' : 'kl');
  if (metric === 'sparsity') return part === 'train' ? named('sparsity') : undefined;
  if (metric !== 'out_to_in') return undefined;
  if (Object.hasOwn(outToIn, detail)) return named(outToIn[detail]);
  return named(part === 'train' ? 'outToIn' : 'mse');
}
