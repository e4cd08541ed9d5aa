/** How strongly a token is shaded: lightness in per cent of the full colour, and a line in four steps. */
export interface Shade {
  /** 0 for a token on which the feature is silent. */
  readonly strength: number;
  readonly step: 0 | 1 | 2 | 3 | 4;
}

/**
 * The shade of an activation between 0 and `max`, the largest one of the feature. Linear, so that
 * half an activation looks half as strong; above `max` it stays full.
 */
export function shade(activation: number | undefined, max: number): Shade {
  if (activation === undefined || !(activation > 0) || !(max > 0)) return { strength: 0, step: 0 };
  const share = Math.min(1, activation / max);
  return { strength: Math.round(share * 100), step: Math.ceil(share * 4) as Shade['step'] };
}
