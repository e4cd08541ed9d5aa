/** Sites of a block in the order in which a forward pass reaches them. */
export const hookSites = [
  'resid_pre',
  'attn_out',
  'resid_mid',
  'mlp_in',
  'ln2_normalized',
  'mlp_out',
  'resid_post',
] as const;
export type HookSite = (typeof hookSites)[number];

/**
 * What the MLP of a block reads: the stream before its norm (`hook_mlp_in`), and after it
 * (`ln2.hook_normalized`). Transcoders read there; nothing is put in their place.
 */
export const mlpInputSites: readonly HookSite[] = ['mlp_in', 'ln2_normalized'];

/** A hook point under its TransformerLens name. */
export const hookPattern =
  /^blocks\.(\d+)\.(?:hook_(resid_pre|attn_out|resid_mid|mlp_in|mlp_out|resid_post)|ln2\.hook_normalized)$/;

/** Name of a hook point in block `layer`. */
export function hookName(layer: number, site: HookSite): string {
  return `blocks.${layer}.${site === 'ln2_normalized' ? 'ln2.hook_normalized' : `hook_${site}`}`;
}

/** Layer and site of a hook point's name; undefined for another name. */
export function splitHookName(name: string): { layer: number; site: HookSite } | undefined {
  const match = hookPattern.exec(name);
  return match
    ? { layer: Number(match[1]), site: (match[2] as HookSite | undefined) ?? 'ln2_normalized' }
    : undefined;
}

/** True where the forward pass reaches hook point `a` after `b`, at another value. */
export function comesAfter(a: string, b: string): boolean {
  const [placeA, placeB] = [placeOf(a), placeOf(b)];
  return placeA > placeB;
}

/** Places along the forward pass; a block's resid_post is the next one's resid_pre. */
function placeOf(name: string): number {
  const hook = splitHookName(name);
  return hook ? hook.layer * (hookSites.length - 1) + hookSites.indexOf(hook.site) : -1;
}
