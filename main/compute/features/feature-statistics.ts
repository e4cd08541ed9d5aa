import { RandomStream, streams } from '../random.ts';
import type { FeatureMajor } from './activation-store.ts';
import { bandOf, drawFromBands, drawRandom, strongest, type Entries } from './draw-examples.ts';
import { NearMisses } from './near-misses.ts';

export interface StatisticsOptions {
  readonly latents: number;
  /** Ids of all tokens, sequence after sequence. */
  readonly ids: Int32Array;
  readonly vocabulary: number;
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
  /** Random positives and near-miss negatives kept for each feature. */
  readonly random: number;
  readonly nearMisses: number;
  readonly seed: number;
}

/**
 * Statistics of every feature; arrays are row-major with the latent first. Examples are pairs of
 * sequence and position; -1 marks an absent one.
 */
export interface FeatureStatistics {
  readonly count: Int32Array;
  readonly sum: Float64Array;
  readonly sumSquares: Float64Array;
  readonly max: Float32Array;
  /** [n, bins]: activations in equal bins of (0, max]. */
  readonly histogram: Int32Array;
  /** [n, positionBins]: share of the tokens at those positions on which the feature is active. */
  readonly densityByPosition: Float32Array;
  /** [n, top, 2]: strongest first. */
  readonly top: Int32Array;
  readonly topValue: Float32Array;
  /** [n, bands, perBand, 2], weakest band first; and how many activations lie in each band, [n, bands]. */
  readonly banded: Int32Array;
  readonly bandedValue: Float32Array;
  readonly bandCount: Int32Array;
  /** [n, random, 2]: drawn from all activations. */
  readonly random: Int32Array;
  /**
   * [n, nearMisses, 2]: drawn from the tokens of the id that the top examples share most on which the
   * feature is silent; and how many of these there are, [n].
   */
  readonly nearMiss: Int32Array;
  readonly nearMissCount: Int32Array;
}

/** Counts, moments, histogram and examples, gathered from ranges of features. */
export class StatisticsPass {
  readonly statistics: FeatureStatistics;
  readonly #options: StatisticsOptions;
  readonly #positionTokens: Float64Array;
  readonly #nearMisses: NearMisses;

  constructor(options: StatisticsOptions) {
    const { latents: n, bins, positionBins, top, bands, perBand, random, nearMisses } = options;
    const places = (count: number) => new Int32Array(n * count * 2).fill(-1);
    this.#options = options;
    this.#positionTokens = tokensByPositionBin(options.ids.length, options);
    this.#nearMisses = new NearMisses(options.ids, options.vocabulary);
    this.statistics = {
      count: new Int32Array(n),
      sum: new Float64Array(n),
      sumSquares: new Float64Array(n),
      max: new Float32Array(n),
      histogram: new Int32Array(n * bins),
      densityByPosition: new Float32Array(n * positionBins),
      top: places(top),
      topValue: new Float32Array(n * top),
      banded: places(bands * perBand),
      bandedValue: new Float32Array(n * bands * perBand),
      bandCount: new Int32Array(n * bands),
      random: places(random),
      nearMiss: places(nearMisses),
      nearMissCount: new Int32Array(n),
    };
  }

  /** Adds features `first` onwards: all of their activations. */
  add(first: number, activations: FeatureMajor): void {
    for (let j = 0; j < activations.latents; j++) {
      const from = activations.pointers[j]!;
      const to = activations.pointers[j + 1]!;
      if (to === from) continue;
      const entries: Entries = {
        token: activations.token.subarray(from, to),
        value: activations.value.subarray(from, to),
      };
      this.#summarise(first + j, entries);
      this.#pickExamples(first + j, entries);
    }
  }

  #summarise(feature: number, { token, value }: Entries): void {
    const { bins, positionBins, length } = this.#options;
    const out = this.statistics;
    let sum = 0;
    let sumSquares = 0;
    let max = 0;
    for (const activation of value) {
      sum += activation;
      sumSquares += activation * activation;
      if (activation > max) max = activation;
    }
    out.count[feature] = value.length;
    out.sum[feature] = sum;
    out.sumSquares[feature] = sumSquares;
    out.max[feature] = max;
    for (let i = 0; i < value.length; i++) {
      out.histogram[feature * bins + bandOf(value[i]!, max, bins)]!++;
      const position = token[i]! % length;
      const bin = Math.floor((position * positionBins) / length);
      out.densityByPosition[feature * positionBins + bin]! += 1 / this.#positionTokens[bin]!;
    }
  }

  #pickExamples(feature: number, entries: Entries): void {
    const { length, top, bands, perBand, seed, ids } = this.#options;
    const out = this.statistics;
    const { token, value } = entries;
    const keep = (places: Int32Array, at: number, chosen: number) => {
      places[2 * at] = Math.floor(chosen / length);
      places[2 * at + 1] = chosen % length;
    };
    const best = strongest(entries, length, top);
    best.forEach((entry, rank) => {
      const at = feature * top + rank;
      out.topValue[at] = value[entry]!;
      keep(out.top, at, token[entry]!);
    });
    const random = new RandomStream(seed, streams.exampleSampling, feature);
    const drawn = drawFromBands(entries, out.max[feature]!, bands, perBand, random);
    drawn.forEach(({ count, chosen }, band) => {
      out.bandCount[feature * bands + band] = count;
      chosen.forEach((entry, rank) => {
        const at = (feature * bands + band) * perBand + rank;
        out.bandedValue[at] = value[entry]!;
        keep(out.banded, at, token[entry]!);
      });
    });
    drawRandom(value.length, this.#options.random, random).forEach((entry, rank) =>
      keep(out.random, feature * this.#options.random + rank, token[entry]!),
    );
    const shared = mostFrequent(best.map((entry) => ids[token[entry]!]!));
    const missed = this.#nearMisses.draw(shared, token, this.#options.nearMisses, random);
    out.nearMissCount[feature] = missed.count;
    missed.tokens.forEach((chosen, rank) =>
      keep(out.nearMiss, feature * this.#options.nearMisses + rank, chosen),
    );
  }
}

/** The first of those that occur most often. */
function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, other) => (other[1] > best[1] ? other : best))[0];
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
