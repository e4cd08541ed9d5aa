import { join } from 'node:path';
import { SafetensorsWriter } from '../../../formats/safetensors-writer.ts';
import { runFiles } from '../../job-folder.ts';
import { ActivationMerge } from './activation-merge.ts';
import { bandCount, bandOf, countsOfBands, figuresOf, rebin } from './feature-figures.ts';
import type { GrowingColumn, RaggedColumn } from './growing-column.ts';
import type { ScratchFile } from './scratch-file.ts';

/** Figures of one feature as they were read. */
export interface StoredFeature {
  readonly density: number | null;
  readonly max: number | null;
  readonly tokens: number;
  readonly exact: { readonly count: number; readonly sum: number } | null;
  readonly width: number;
}

export interface StoredExamples {
  readonly feature: GrowingColumn<Int32Array>;
  readonly row: GrowingColumn<Int32Array>;
  readonly position: GrowingColumn<Int32Array>;
  readonly value: GrowingColumn<Float32Array>;
  readonly isTop: GrowingColumn<Int32Array>;
  readonly offset: GrowingColumn<Float64Array>;
  readonly active: GrowingColumn<Int32Array>;
}

interface Stored {
  readonly latents: number;
  readonly features: ReadonlyMap<number, StoredFeature>;
  readonly bars: {
    readonly middles: RaggedColumn<Float64Array>;
    readonly heights: RaggedColumn<Float64Array>;
  };
  readonly effects: Readonly<
    Record<'promoted' | 'suppressed' | 'neighbours', RaggedColumn<Float64Array>>
  >;
  readonly examples: StoredExamples;
  readonly activations: ScratchFile;
  readonly context: number;
  readonly format: string;
}

const featuresAtOnce = 256;
const fewestBins = 10;
const mostBins = 400;

/** Writes the files of features (layout: job-folder.ts) from what was read of a dashboard. */
export class FeatureFiles {
  readonly #stored: Stored;
  /** Examples in the order of their features: where each feature's begin. */
  readonly #order: Int32Array;
  readonly #starts: Int32Array;

  constructor(stored: Stored) {
    this.#stored = stored;
    const { latents, examples } = stored;
    const starts = new Int32Array(latents + 1);
    const { values: owners } = examples.feature;
    for (const feature of owners) starts[feature + 1]!++;
    for (let j = 0; j < latents; j++) starts[j + 1]! += starts[j]!;
    const next = starts.slice();
    const order = new Int32Array(owners.length);
    owners.forEach((feature, i) => (order[next[feature]!++] = i));
    this.#starts = starts;
    this.#order = order;
  }

  async write(folder: string, beat: () => Promise<void>) {
    const figures = await this.#writeFeatures(join(folder, runFiles.features), beat);
    const merge = new ActivationMerge(this.#stored, this.#order, this.#starts);
    await merge.write(folder, join(folder, runFiles.activations), beat);
    return figures;
  }

  async #writeFeatures(path: string, beat: () => Promise<void>) {
    const { latents, features, bars, effects, format } = this.#stored;
    const widths = this.#widths();
    const bins = Math.min(mostBins, Math.max(fewestBins, bars.middles.widest));
    const { top, band, promoted, suppressed, neighbours } = widths;
    const writer = new SafetensorsWriter(
      path,
      [
        { name: 'count', dtype: 'I32', shape: [latents] },
        { name: 'sum', dtype: 'F32', shape: [latents] },
        { name: 'max', dtype: 'F32', shape: [latents] },
        { name: 'histogram', dtype: 'I32', shape: [latents, bins] },
        { name: 'top', dtype: 'I32', shape: [latents, top, 2] },
        { name: 'top_value', dtype: 'F32', shape: [latents, top] },
        { name: 'quantile', dtype: 'I32', shape: [latents, bandCount, band, 2] },
        { name: 'quantile_value', dtype: 'F32', shape: [latents, bandCount, band] },
        { name: 'quantile_count', dtype: 'I32', shape: [latents, bandCount] },
        { name: 'promoted', dtype: 'I32', shape: [latents, promoted] },
        { name: 'promoted_value', dtype: 'F32', shape: [latents, promoted] },
        { name: 'suppressed', dtype: 'I32', shape: [latents, suppressed] },
        { name: 'suppressed_value', dtype: 'F32', shape: [latents, suppressed] },
        { name: 'decoder_neighbour', dtype: 'I32', shape: [latents, neighbours] },
        { name: 'decoder_neighbour_cosine', dtype: 'F32', shape: [latents, neighbours] },
      ],
      // Tokens outside of the examples are unknown, not silent: the page must not draw from them.
      { activations: 'examples', format },
    );
    const notes = new Set<string>();
    let tokens = 0;
    let width = 0;
    for (let first = 0; first < latents; first += featuresAtOnce) {
      await beat();
      const n = Math.min(featuresAtOnce, latents - first);
      const block = new FeatureBlock(n, { ...widths, bins });
      for (let i = 0; i < n; i++) {
        const j = first + i;
        const stored = features.get(j);
        tokens = Math.max(tokens, stored?.tokens ?? 0);
        width = Math.max(width, stored?.width ?? 0);
        const strongest = this.#strongest(j);
        const middles = bars.middles.of(j);
        const heights = bars.heights.of(j);
        const found = figuresOf(stored, { middles, heights }, strongest);
        for (const note of found.notes) notes.add(note);
        block.setFigures(i, found, rebin(middles, heights, found.max, bins));
        this.#setExamples(block, i, j, found.max);
        block.setPairs(i, 'promoted', effects.promoted.of(j));
        block.setPairs(i, 'suppressed', effects.suppressed.of(j));
        block.setPairs(i, 'decoder_neighbour', effects.neighbours.of(j));
      }
      block.write(writer, first);
    }
    writer.close();
    return { tokens, width, notes: [...notes] };
  }

  #strongest(feature: number): number {
    let strongest = 0;
    for (const e of this.#examplesOf(feature))
      strongest = Math.max(strongest, this.#stored.examples.value.at(e));
    return strongest;
  }

  #examplesOf(feature: number): Int32Array {
    return this.#order.subarray(this.#starts[feature], this.#starts[feature + 1]);
  }

  #setExamples(block: FeatureBlock, i: number, feature: number, max: number): void {
    const { row, position, value, isTop } = this.#stored.examples;
    for (const e of this.#examplesOf(feature)) {
      const place = { row: row.at(e), position: position.at(e), value: value.at(e) };
      if (isTop.at(e) === 1) block.addTop(i, place);
      else block.addToBand(i, bandOf(place.value, max), place);
    }
  }

  /** Room that the feature with the most of each kind needs. */
  #widths() {
    const { latents, effects, examples } = this.#stored;
    let top = 0;
    let band = 0;
    for (let j = 0; j < latents; j++) {
      const own = this.#examplesOf(j);
      const max = this.#strongest(j);
      const inBand = new Array<number>(bandCount).fill(0);
      let tops = 0;
      for (const e of own) {
        if (examples.isTop.at(e) === 1) tops++;
        else inBand[bandOf(examples.value.at(e), max)]!++;
      }
      top = Math.max(top, tops);
      band = Math.max(band, ...inBand);
    }
    const pairs = (column: RaggedColumn<Float64Array>) => column.widest / 2;
    return {
      top,
      band,
      promoted: pairs(effects.promoted),
      suppressed: pairs(effects.suppressed),
      neighbours: pairs(effects.neighbours),
    };
  }
}

interface Widths {
  readonly top: number;
  readonly band: number;
  readonly promoted: number;
  readonly suppressed: number;
  readonly neighbours: number;
  readonly bins: number;
}

interface Placed {
  readonly row: number;
  readonly position: number;
  readonly value: number;
}

type PairName = 'promoted' | 'suppressed' | 'decoder_neighbour';

/** The tensors of some neighbouring features, as they go into the file. */
class FeatureBlock {
  readonly #widths: Widths;
  readonly #ints: Record<string, Int32Array>;
  readonly #floats: Record<string, Float32Array>;
  readonly #tops: Int32Array;
  readonly #bands: Int32Array;

  constructor(n: number, widths: Widths) {
    const { top, band, promoted, suppressed, neighbours, bins } = widths;
    this.#widths = widths;
    const empty = (length: number) => new Int32Array(length).fill(-1);
    this.#ints = {
      count: new Int32Array(n),
      histogram: new Int32Array(n * bins),
      top: empty(n * top * 2),
      quantile: empty(n * bandCount * band * 2),
      quantile_count: new Int32Array(n * bandCount),
      promoted: empty(n * promoted),
      suppressed: empty(n * suppressed),
      decoder_neighbour: empty(n * neighbours),
    };
    this.#floats = {
      sum: new Float32Array(n),
      max: new Float32Array(n),
      top_value: new Float32Array(n * top),
      quantile_value: new Float32Array(n * bandCount * band),
      promoted_value: new Float32Array(n * promoted),
      suppressed_value: new Float32Array(n * suppressed),
      decoder_neighbour_cosine: new Float32Array(n * neighbours),
    };
    this.#tops = new Int32Array(n);
    this.#bands = new Int32Array(n * bandCount);
  }

  setFigures(
    i: number,
    figures: { count: number; sum: number; max: number },
    histogram: Int32Array,
  ): void {
    this.#ints['count']![i] = figures.count;
    this.#floats['sum']![i] = figures.sum;
    this.#floats['max']![i] = figures.max;
    this.#ints['histogram']!.set(histogram, i * this.#widths.bins);
    this.#ints['quantile_count']!.set(countsOfBands(histogram), i * bandCount);
  }

  addTop(i: number, { row, position, value }: Placed): void {
    const at = i * this.#widths.top + this.#tops[i]!++;
    this.#ints['top']!.set([row, position], 2 * at);
    this.#floats['top_value']![at] = value;
  }

  addToBand(i: number, band: number, { row, position, value }: Placed): void {
    const group = i * bandCount + band;
    const at = group * this.#widths.band + this.#bands[group]!++;
    this.#ints['quantile']!.set([row, position], 2 * at);
    this.#floats['quantile_value']![at] = value;
  }

  /** @param pairs of a number (token or feature) and its value, one after the other */
  setPairs(i: number, name: PairName, pairs: Float64Array): void {
    const values = name === 'decoder_neighbour' ? `${name}_cosine` : `${name}_value`;
    const width = name === 'decoder_neighbour' ? this.#widths.neighbours : this.#widths[name];
    for (let k = 0; k < pairs.length / 2; k++) {
      this.#ints[name]![i * width + k] = pairs[2 * k]!;
      this.#floats[values]![i * width + k] = pairs[2 * k + 1]!;
    }
  }

  write(writer: SafetensorsWriter, first: number): void {
    const n = this.#tops.length;
    for (const [name, data] of [...Object.entries(this.#ints), ...Object.entries(this.#floats)])
      writer.write(name, data, (first * data.length) / n);
  }
}
