/** Sites of a block in the order in which a forward pass reaches them. */
export const hookSites = ['resid_pre', 'attn_out', 'resid_mid', 'mlp_out', 'resid_post'] as const;
export type HookSite = (typeof hookSites)[number];

/** A hook point under its TransformerLens name. */
export const hookPattern =
  /^blocks\.(\d+)\.hook_(resid_pre|attn_out|resid_mid|mlp_out|resid_post)$/;

/** Layer and site of a hook point's name; undefined for another name. */
export function splitHookName(name: string): { layer: number; site: HookSite } | undefined {
  const match = hookPattern.exec(name);
  return match ? { layer: Number(match[1]), site: match[2] as HookSite } : undefined;
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
