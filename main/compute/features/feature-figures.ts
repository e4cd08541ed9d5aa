import type { TensorData } from '../../../shared/domain/tensors.ts';
import type { FeatureMajor } from './activation-store.ts';
import { StatisticsPass } from './feature-statistics.ts';
import { labelAuc, labelAucByHalf } from './label-auc.ts';
import { tokenAuc } from './token-auc.ts';

/** Binary properties of tokens, one array of 0 and 1 per property, aligned with the tokens. */
export interface TokenLabels {
  readonly properties: readonly string[];
  readonly values: readonly Uint8Array[];
}

export interface FigureOptions {
  readonly latents: number;
  /** Ids of all tokens, sequence after sequence. */
  readonly ids: Int32Array;
  readonly vocabulary: number;
  /** Length of the sequences. */
  readonly length: number;
  /** Top examples for each feature. */
  readonly examples: number;
  /** Seed of the sampled examples. */
  readonly seed: number;
  readonly labels: TokenLabels | undefined;
}

/** Sizes that are fixed: they are visible in the shapes of the written tensors. */
const sizes = {
  bins: 40,
  positionBins: 16,
  bands: 5,
  perBand: 4,
  random: 10,
  nearMisses: 10,
} as const;

/** What is told of each feature by its activations, gathered from ranges of features. */
export class FeatureFigures {
  readonly #options: FigureOptions;
  readonly #pass: StatisticsPass;
  readonly #auc: Float32Array;
  readonly #aucByHalf: Float32Array;

  constructor(options: FigureOptions) {
    const { latents, examples } = options;
    const properties = options.labels?.values.length ?? 0;
    this.#options = options;
    this.#pass = new StatisticsPass({ ...options, ...sizes, top: examples });
    this.#auc = new Float32Array(latents * properties);
    this.#aucByHalf = new Float32Array(latents * properties * 2);
  }

  /** Adds features `first` onwards: all of their activations. */
  add(first: number, activations: FeatureMajor): void {
    this.#pass.add(first, activations);
    const { labels, length } = this.#options;
    if (!labels) return;
    const { values } = labels;
    this.#auc.set(labelAuc(activations, values), first * values.length);
    this.#aucByHalf.set(labelAucByHalf(activations, values, length), first * values.length * 2);
  }

  /** Features that are active on some token. */
  get alive(): number {
    return this.#pass.statistics.count.reduce((alive, count) => alive + (count > 0 ? 1 : 0), 0);
  }

  /** Tensors of features.safetensors (main/jobs/job-folder.ts). */
  tensors(): TensorData[] {
    const { latents: n, examples } = this.#options;
    const { bands, perBand } = sizes;
    const figures = this.#pass.statistics;
    return [
      { name: 'count', shape: [n], data: figures.count },
      { name: 'sum', shape: [n], data: figures.sum },
      { name: 'sum_squares', shape: [n], data: figures.sumSquares },
      { name: 'max', shape: [n], data: figures.max },
      { name: 'histogram', shape: [n, sizes.bins], data: figures.histogram },
      {
        name: 'density_by_position',
        shape: [n, sizes.positionBins],
        data: figures.densityByPosition,
      },
      { name: 'top', shape: [n, examples, 2], data: figures.top },
      { name: 'top_value', shape: [n, examples], data: figures.topValue },
      { name: 'quantile', shape: [n, bands, perBand, 2], data: figures.banded },
      { name: 'quantile_value', shape: [n, bands, perBand], data: figures.bandedValue },
      { name: 'quantile_count', shape: [n, bands], data: figures.bandCount },
      { name: 'random', shape: [n, sizes.random, 2], data: figures.random },
      { name: 'near_miss', shape: [n, sizes.nearMisses, 2], data: figures.nearMiss },
      { name: 'near_miss_count', shape: [n], data: figures.nearMissCount },
      ...this.#labelTensors(),
    ];
  }

  #labelTensors(): TensorData[] {
    const { latents: n, labels, ids, length } = this.#options;
    if (!labels) return [];
    const { values } = labels;
    const positives = values.map((label) => label.reduce((sum, bit) => sum + bit, 0));
    return [
      { name: 'auc', shape: [n, values.length], data: this.#auc },
      { name: 'auc_by_half', shape: [n, values.length, 2], data: this.#aucByHalf },
      { name: 'token_auc', shape: [values.length], data: tokenAuc(ids, values, length) },
      { name: 'positives', shape: [values.length], data: Int32Array.from(positives) },
    ];
  }
}
