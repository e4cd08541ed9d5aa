/** Places inside a block under their TransformerLens names. */
export const hookSites = [
  { value: 'hook_resid_pre', label: 'residual stream before' },
  { value: 'hook_resid_mid', label: 'residual stream after attention' },
  { value: 'hook_resid_post', label: 'residual stream after' },
  { value: 'hook_attn_out', label: 'output of attention' },
  { value: 'hook_mlp_out', label: 'output of the MLP' },
] as const;

export type HookSite = (typeof hookSites)[number]['value'];

/** Block and place of a hook point; undefined for a name that is none. */
export function parseHookName(name: string): { block: number; site: HookSite } | undefined {
  const [, block, site] = /^blocks\.(\d+)\.(\w+)$/.exec(name) ?? [];
  const known = hookSites.find(({ value }) => value === site);
  return block === undefined || !known ? undefined : { block: Number(block), site: known.value };
}
