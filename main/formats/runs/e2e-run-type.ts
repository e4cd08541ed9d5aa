import type { RunType } from '../../../shared/domain/objective.ts';

/**
 * What kind of run a config of e2e_sae makes, as its analyses tell them apart; null for other configs.
 */
export function e2eSaeRunType(config: Readonly<Record<string, unknown>>): RunType | null {
  const loss = config['loss'];
  if (!('saes' in config) || typeof loss !== 'object' || loss === null) return null;
  const isOn = (name: string, field: string) => {
    const term = (loss as Record<string, unknown>)[name];
    const value =
      typeof term === 'object' && term !== null && (term as Record<string, unknown>)[field];
    return typeof value === 'number' && value > 0;
  };
  if (!isOn('logits_kl', 'coeff')) return 'local';
  const keepsInput = isOn('out_to_in', 'coeff');
  if (isOn('in_to_orig', 'total_coeff')) return keepsInput ? 'downstream_all' : 'downstream';
  return keepsInput ? 'e2e_local' : 'e2e';
}
