import { join } from 'node:path';
import type {
  DashboardExample,
  DashboardFeature,
  DashboardLabel,
  DashboardSink,
  TokenEffect,
} from '../../../formats/dashboards/dashboard.ts';
import type { WordTable } from '../../../formats/dashboards/word-table.ts';
import { writeFileAtomically } from '../../files.ts';
import { runFiles } from '../../job-folder.ts';
import type { ResultFile } from '../../result.ts';
import { FeatureFiles, type StoredFeature } from './feature-files.ts';
import { GrowingColumn, RaggedColumn } from './growing-column.ts';
import { ScratchFile } from './scratch-file.ts';
import type { SequenceStore } from './sequence-store.ts';

const mostLabels = 2_000_000;

/**
 * Keeps what a dashboard says until all of it was read: activations in a scratch file, a few numbers of
 * each example and feature in memory (about 2 kB a feature), so that 100,000 features fit.
 */
export class FeatureStore implements DashboardSink {
  readonly #folder: string;
  readonly #sequences: SequenceStore;
  readonly #activations: ScratchFile;
  readonly #features = new Map<number, StoredFeature>();
  readonly #bars = {
    middles: new RaggedColumn(Float64Array),
    heights: new RaggedColumn(Float64Array),
  };
  readonly #effects = {
    promoted: new RaggedColumn(Float64Array),
    suppressed: new RaggedColumn(Float64Array),
    neighbours: new RaggedColumn(Float64Array),
  };
  readonly #examples = {
    feature: new GrowingColumn(Int32Array),
    row: new GrowingColumn(Int32Array),
    position: new GrowingColumn(Int32Array),
    value: new GrowingColumn(Float32Array),
    isTop: new GrowingColumn(Int32Array),
    /** Where its activations lie in the scratch file, and how many they are. */
    offset: new GrowingColumn(Float64Array),
    active: new GrowingColumn(Int32Array),
  };
  readonly #labels: DashboardLabel[] = [];
  readonly #notes = new Set<string>();
  #latents = 0;
  #positions = new Int32Array(64);
  #values = new Float32Array(64);

  constructor(folder: string, sequences: SequenceStore) {
    this.#folder = folder;
    this.#sequences = sequences;
    this.#activations = new ScratchFile(join(folder, 'activations.tmp'));
  }

  /** Features that were read. */
  get count(): number {
    return this.#features.size;
  }

  get words(): WordTable {
    return this.#sequences.words;
  }

  feature(feature: DashboardFeature): void {
    const { index, bars, promoted, suppressed, neighbours } = feature;
    this.#latents = Math.max(this.#latents, index + 1);
    if (this.#features.has(index)) {
      this.note('Some features come twice; what was read last counts.');
    }
    this.#features.set(index, {
      density: feature.density,
      max: feature.max,
      tokens: feature.tokens,
      exact: feature.exact,
      width: feature.width,
    });
    this.#bars.middles.set(index, bars.middles);
    this.#bars.heights.set(index, bars.heights.slice(0, bars.middles.length));
    this.#effects.promoted.set(index, this.#pairs(promoted));
    this.#effects.suppressed.set(index, this.#pairs(suppressed));
    this.#effects.neighbours.set(
      index,
      neighbours.flatMap(({ feature: other, cosine }) => [other, cosine]),
    );
  }

  example(feature: number, { tokens, isLasting, values, at, isTop }: DashboardExample): void {
    this.#latents = Math.max(this.#latents, feature + 1);
    const row = this.#sequences.add(tokens, isLasting);
    const { length } = values;
    if (length > this.#positions.length) {
      this.#positions = new Int32Array(2 * length);
      this.#values = new Float32Array(2 * length);
    }
    let active = 0;
    for (let i = 0; i < length; i++) {
      const value = values[i]!;
      if (!(value > 0)) continue;
      this.#positions[active] = i;
      this.#values[active++] = value;
    }
    const { offset, ...columns } = this.#examples;
    offset.push(this.#activations.size);
    this.#activations.append(this.#positions.subarray(0, active));
    this.#activations.append(this.#values.subarray(0, active));
    columns.feature.push(feature);
    columns.row.push(row);
    columns.position.push(at);
    columns.value.push(values[at]!);
    columns.isTop.push(isTop ? 1 : 0);
    columns.active.push(active);
  }

  label(label: DashboardLabel): void {
    if (this.#labels.length < mostLabels && label.text.trim() !== '')
      this.#labels.push({ ...label, text: label.text.replaceAll('\0', '').trim() });
  }

  skipped(features: readonly number[]): void {
    for (const feature of features) this.#latents = Math.max(this.#latents, feature + 1);
  }

  note(sentence: string): void {
    this.#notes.add(sentence);
  }

  /** Writes features.safetensors, activations.safetensors and the labels. */
  async write(format: string, beat: () => Promise<void>) {
    const files = new FeatureFiles({
      latents: this.#latents,
      features: this.#features,
      bars: this.#bars,
      effects: this.#effects,
      examples: this.#examples,
      activations: this.#activations,
      context: this.#sequences.context,
      format,
    });
    const written = await files.write(this.#folder, beat);
    const results: ResultFile[] = [
      { kind: 'features', path: runFiles.features },
      { kind: 'activations', path: runFiles.activations },
    ];
    if (this.#labels.length > 0) {
      const labels = [...this.#labels].sort((a, b) => a.time - b.time);
      writeFileAtomically(join(this.#folder, runFiles.labels), JSON.stringify(labels));
      results.push({ kind: 'labels', path: runFiles.labels });
    }
    return {
      ...written,
      latents: this.#latents,
      files: results,
      notes: [...this.#notes, ...written.notes],
    };
  }

  close(): void {
    this.#activations.close();
  }

  #pairs(effects: readonly TokenEffect[]): number[] {
    return effects.flatMap(({ token, value }) => [this.words.idOfText(token), value]);
  }
}
