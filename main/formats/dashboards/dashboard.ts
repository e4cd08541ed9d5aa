import type { WordTable } from './word-table.ts';

/** One stretch of tokens with a feature's activations, as dashboards keep them. */
export interface DashboardExample {
  /** By their numbers in the sink's table of words. Valid during the call alone, as are the values. */
  readonly tokens: Int32Array;
  /** Whether `tokens` stays as it is beyond the call: the same array then stands for the same tokens. */
  readonly isLasting: boolean;
  /** One for each token; 0 where the feature is silent. */
  readonly values: Float64Array;
  /** The token for which it was chosen. */
  readonly at: number;
  /** Of the strongest, not of a band. */
  readonly isTop: boolean;
}

export interface TokenEffect {
  readonly token: string;
  readonly value: number;
}

/** What a dashboard says of one feature beside its examples. */
export interface DashboardFeature {
  readonly index: number;
  /** Share of tokens on which it is active, rounded as the tool printed it; null where it does not say. */
  readonly density: number | null;
  /** Middles of bars and how many activations each stands for. */
  readonly bars: { readonly middles: readonly number[]; readonly heights: readonly number[] };
  /** Largest activation; null where only the examples tell. */
  readonly max: number | null;
  readonly promoted: readonly TokenEffect[];
  readonly suppressed: readonly TokenEffect[];
  /** Features with the most similar decoder directions. */
  readonly neighbours: readonly { readonly feature: number; readonly cosine: number }[];
  /** Tokens over which it was counted; 0 where the tool does not say. */
  readonly tokens: number;
  /** Exact figures, where Assay wrote the dashboard. */
  readonly exact: { readonly count: number; readonly sum: number } | null;
  /** Width of the layer, where the direction came along; 0 otherwise. */
  readonly width: number;
}

export interface DashboardLabel {
  readonly feature: number;
  readonly text: string;
  readonly author: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** What the features belong to. */
export interface DashboardHead {
  readonly model: string;
  /** Such as `6-res-jb`. */
  readonly source: string;
  /** TransformerLens' name where the dashboard tells it, otherwise the source. */
  readonly hook: string;
}

/** Takes what a reader finds, in any order: figures of a feature may come after its examples. */
export interface DashboardSink {
  /** What the numbers of tokens mean. */
  readonly words: WordTable;
  feature(feature: DashboardFeature): void;
  example(feature: number, example: DashboardExample): void;
  label(label: DashboardLabel): void;
  /** Features that the tool left out and that must be counted nevertheless. */
  skipped(features: readonly number[]): void;
  note(sentence: string): void;
}

/** How a reader tells how far it is, and hears that it is to stop: bytes of all files, done. */
export type DashboardBeat = (bytes: number) => Promise<void>;
