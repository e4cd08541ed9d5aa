import { RandomStream, streams } from '../random.ts';
import type { FeatureMajor } from './activation-store.ts';

export interface StatisticsOptions {
  /** Length of the sequences that the tokens are cut into. */
  readonly length: number;
  readonly bins: number;
  /** Equal parts of the sequence for the density by position. */
  readonly positionBins: number;
  /** Top examples kept for each feature, each from another sequence. */
  readonly top: number;
  /** Equal-width bands of (0, max] and examples drawn from each. */
  readonly bands: number;
  readonly perBand: number;
  readonly seed: number;
}

/** Per-feature statistics; arrays are row-major with the latent first. -1 marks an absent example. */
export interface FeatureStatistics {
  readonly count: Int32Array;
  readonly sum: Float32Array;
  readonly max: Float32Array;
  /** [n, bins]: activations in equal bins of (0, max]. */
  readonly histogram: Int32Array;
  /** [n, positionBins]: share of the tokens at those positions on which the feature is active. */
  readonly densityByPosition: Float32Array;
  /** [n, top, 2]: (sequence, position), strongest first. */
  readonly top: Int32Array;
  readonly topValue: Float32Array;
  /** [n, bands, perBand, 2], weakest band first; and how many activations lie in each band, [n, bands]. */
  readonly banded: Int32Array;
  readonly bandedValue: Float32Array;
  readonly bandCount: Int32Array;
}

/** Counts, histogram and example positions of every feature. */
export function featureStatistics(
  activations: FeatureMajor,
  options: StatisticsOptions,
): FeatureStatistics {
  const n = activations.latents;
  const { bins, positionBins, top, bands, perBand } = options;
  const out: FeatureStatistics = {
    count: new Int32Array(n),
    sum: new Float32Array(n),
    max: new Float32Array(n),
    histogram: new Int32Array(n * bins),
    densityByPosition: new Float32Array(n * positionBins),
    top: new Int32Array(n * top * 2).fill(-1),
    topValue: new Float32Array(n * top),
    banded: new Int32Array(n * bands * perBand * 2).fill(-1),
    bandedValue: new Float32Array(n * bands * perBand),
    bandCount: new Int32Array(n * bands),
  };
  const positionTokens = tokensByPositionBin(activations.tokens, options);
  for (let feature = 0; feature < n; feature++) {
    const from = activations.pointers[feature]!;
    const to = activations.pointers[feature + 1]!;
    const entries: Entries = {
      feature,
      token: activations.token.subarray(from, to),
      value: activations.value.subarray(from, to),
    };
    summarise(out, entries, options, positionTokens);
    if (to > from) {
      pickTop(out, entries, options);
      sampleBands(out, entries, options);
    }
  }
  return out;
}

interface Entries {
  readonly feature: number;
  readonly token: Int32Array;
  readonly value: Float32Array;
}

function summarise(
  out: FeatureStatistics,
  { feature, token, value }: Entries,
  { bins, positionBins, length }: StatisticsOptions,
  positionTokens: Float64Array,
): void {
  let sum = 0;
  let max = 0;
  for (const activation of value) {
    sum += activation;
    if (activation > max) max = activation;
  }
  out.count[feature] = value.length;
  out.sum[feature] = sum;
  out.max[feature] = max;
  for (let i = 0; i < value.length; i++) {
    out.histogram[feature * bins + bandOf(value[i]!, max, bins)]!++;
    const position = token[i]! % length;
    const bin = Math.floor((position * positionBins) / length);
    out.densityByPosition[feature * positionBins + bin]! += 1 / positionTokens[bin]!;
  }
}

/** Index of the equal-width part of (0, max] that a value lies in. */
export function bandOf(value: number, max: number, parts: number): number {
  return Math.min(parts - 1, Math.max(0, Math.ceil((value / max) * parts) - 1));
}

function tokensByPositionBin(
  tokens: number,
  { length, positionBins }: StatisticsOptions,
): Float64Array {
  const counts = new Float64Array(positionBins);
  for (let position = 0; position < length; position++)
    counts[Math.floor((position * positionBins) / length)]! += Math.ceil(
      Math.max(0, tokens - position) / length,
    );
  return counts;
}

/** The strongest activation of each sequence, strongest sequences first; ties keep token order. */
function pickTop(out: FeatureStatistics, entries: Entries, options: StatisticsOptions): void {
  const { token, value, feature } = entries;
  const best: number[] = [];
  for (let i = 0; i < token.length; i++) {
    const previous = best.at(-1);
    const same =
      previous !== undefined &&
      Math.floor(token[previous]! / options.length) === Math.floor(token[i]! / options.length);
    if (!same) best.push(i);
    else if (value[i]! > value[previous]!) best[best.length - 1] = i;
  }
  best.sort((a, b) => value[b]! - value[a]! || a - b);
  best.slice(0, options.top).forEach((entry, rank) => {
    const at = feature * options.top + rank;
    out.topValue[at] = value[entry]!;
    out.top[2 * at] = Math.floor(token[entry]! / options.length);
    out.top[2 * at + 1] = token[entry]! % options.length;
  });
}

/** Draws examples from each band without replacement, by reservoir sampling with a stored seed. */
function sampleBands(out: FeatureStatistics, entries: Entries, options: StatisticsOptions): void {
  const { bands, perBand, length } = options;
  const { feature, token, value } = entries;
  const max = out.max[feature]!;
  const random = new RandomStream(options.seed, streams.exampleSampling, feature);
  const chosen = Array.from({ length: bands }, (): number[] => []);
  for (let i = 0; i < value.length; i++) {
    const band = bandOf(value[i]!, max, bands);
    const seen = out.bandCount[feature * bands + band]!++;
    const reservoir = chosen[band]!;
    if (seen < perBand) reservoir.push(i);
    else {
      const slot = random.below(seen + 1);
      if (slot < perBand) reservoir[slot] = i;
    }
  }
  chosen.forEach((reservoir, band) => {
    reservoir.sort((a, b) => a - b);
    reservoir.forEach((entry, rank) => {
      const at = (feature * bands + band) * perBand + rank;
      out.bandedValue[at] = value[entry]!;
      out.banded[2 * at] = Math.floor(token[entry]! / length);
      out.banded[2 * at + 1] = token[entry]! % length;
    });
  });
}
