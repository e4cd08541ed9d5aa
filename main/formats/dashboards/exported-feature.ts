import { shortestFloat } from './shortest-float.ts';

/** One feature of a project, as the writers of dashboards need it. */
export interface ExportedFeature {
  readonly index: number;
  readonly count: number;
  readonly sum: number;
  readonly max: number;
  readonly histogram: readonly number[];
  readonly promoted: readonly { readonly token: string; readonly value: number }[];
  readonly suppressed: readonly { readonly token: string; readonly value: number }[];
  readonly neighbours: readonly { readonly feature: number; readonly cosine: number }[];
  readonly examples: readonly ExportedExample[];
  readonly labels: readonly {
    readonly text: string;
    readonly author: string;
    readonly time: number;
  }[];
}

export interface ExportedExample {
  /** From 0 for the lowest of five equal bands of (0, max]; null for the strongest. */
  readonly band: number | null;
  /** Activations in that band. */
  readonly from: number;
  readonly tokens: readonly string[];
  readonly values: readonly number[];
  readonly at: number;
}

/** What the features belong to. */
export interface ExportedDictionary {
  readonly model: string;
  /** Such as `6-res-jb`: layer, a dash, and the set. */
  readonly layer: number;
  readonly set: string;
  readonly hook: string;
  /** Tokens over which the features were counted, and positions of a sequence. */
  readonly tokens: number;
  readonly context: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

const bandCount = 5;

/** Layer and set of a hook point: `blocks.6.hook_resid_pre` gives 6 and `hook_resid_pre`. */
export function placeOfHook(hook: string): { layer: number; set: string } {
  const [, layer = '', name = ''] =
    /^blocks\.(\d+)\.(.+)$/.exec(hook) ?? /^(\d+)-(.+)$/.exec(hook) ?? [];
  return layer === '' ? { layer: 0, set: hook || 'assay' } : { layer: Number(layer), set: name };
}

/** Middles and heights of the bars of a histogram of equal bins on (0, max]. */
export function barsOf({ histogram, max }: ExportedFeature) {
  const middles = histogram.map((_, i) => shortestFloat(((i + 0.5) * max) / histogram.length));
  return { middles, heights: histogram };
}

/** Lower and upper end of the band of an example, and its share of all tokens; -1 where it is of the strongest. */
export function bandOfExample({ band, from }: ExportedExample, max: number, tokens: number) {
  if (band === null) return { min: -1, max: shortestFloat(max), contains: -1 };
  return {
    min: shortestFloat((max * band) / bandCount),
    max: shortestFloat((max * (band + 1)) / bandCount),
    contains: tokens > 0 ? from / tokens : 0,
  };
}

/** Sequences of a whole run, as SAEDashboard says how much was read: prompts times tokens in each. */
export function promptsOf({ tokens, context }: ExportedDictionary): {
  prompts: number;
  perPrompt: number;
} {
  return tokens % context === 0
    ? { prompts: tokens / context, perPrompt: context }
    : { prompts: tokens, perPrompt: 1 };
}
