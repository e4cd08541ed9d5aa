import type { FoundItem } from '../../../shared/contract/project.ts';
import type { HookSite } from '../../../shared/domain/hook-name.ts';

interface Site {
  readonly value: HookSite;
  readonly label: string;
}

/** Places inside a block where a dictionary can be spliced in. */
export const outputSites: readonly Site[] = [
  { value: 'resid_pre', label: 'residual stream before' },
  { value: 'resid_mid', label: 'residual stream after attention' },
  { value: 'resid_post', label: 'residual stream after' },
  { value: 'attn_out', label: 'output of attention' },
  { value: 'mlp_out', label: 'output of the MLP' },
];

/** Places where a transcoder of the MLP reads. */
export const inputSites: readonly Site[] = [
  { value: 'ln2_normalized', label: 'MLP input, after its norm' },
  { value: 'mlp_in', label: 'MLP input, before its norm' },
];

/**
 * Those of some places that a model has: where attention and MLP run side by side there is no stream
 * between them. What a spec says now is offered too.
 */
export function sitesOf(
  sites: readonly Site[],
  model: FoundItem | undefined,
  now: HookSite | undefined,
): readonly Site[] {
  const isParallel = model?.numbers['parallel'] === 1;
  const there = sites.filter(({ value }) => !isParallel || value !== 'resid_mid');
  if (now === undefined || there.some(({ value }) => value === now)) return there;
  const known = [...outputSites, ...inputSites].find(({ value }) => value === now);
  return known ? [...there, { ...known, label: `${known.label} (not here)` }] : there;
}
