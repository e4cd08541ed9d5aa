import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Example, FeatureDetail, FeatureRow } from '../../shared/contract/features.ts';
import type { TensorReader } from '../../shared/domain/tensors.ts';
import { AppError, fileError } from '../../shared/errors.ts';
import { openSafetensors } from '../formats/safetensors.ts';
import { jobFiles, runFiles } from '../jobs/job-folder.ts';
import { ActiveTokens } from './active-tokens.ts';
import { readProperties } from './feature-files.ts';
import { groupExamples, type Place } from './example-groups.ts';

type FileParts = Omit<FeatureDetail, 'row' | 'tokens' | 'labels'>;

/** Where the files of one dictionary lie, and what they are to be joined with. */
export interface DetailSource {
  /** The job's folder and the run's inside it. */
  readonly jobFolder: string;
  readonly runFolder: string;
  readonly context: number;
  /** Sibling dictionaries, in the order of result.json. */
  readonly siblings: readonly { id: string; seed: number | null }[];
  readonly labelsOf: (features: readonly number[]) => Map<number, string>;
}

/**
 * What the page of a feature shows beyond its row: read from the run's files by ranges, so that it
 * costs the same for a dictionary of any size. Layout: main/jobs/job-folder.ts.
 * @param around tokens on each side of an activation.
 * @throws AppError `not-found` where the files are gone, `corrupt` and the like.
 */
export function readFeatureDetail(
  source: DetailSource,
  row: FeatureRow,
  around: number,
): FileParts {
  const readers: TensorReader[] = [];
  const open = (path: string) => {
    const reader = openSafetensors(path);
    readers.push(reader);
    return reader;
  };
  try {
    const features = new FeatureSlice(open(join(source.runFolder, runFiles.features)), row.feature);
    const words = readVocabulary(join(source.jobFolder, jobFiles.vocabulary));
    const windows = new Windows(
      open(join(source.jobFolder, jobFiles.tokens)),
      new ActiveTokens(open(join(source.runFolder, runFiles.activations)), row.feature),
      words,
      around,
    );
    const places = groupExamples(features, windows.active, () => windows.ids, source.context);
    return {
      histogram: readHistogram(features, row.max),
      groups: places.map((group) => ({
        ...group,
        examples: group.examples.map((place) => windows.cut(place)),
      })),
      promoted: readLogits(features, 'promoted', words),
      suppressed: readLogits(features, 'suppressed', words),
      decoderNeighbours: readNeighbours(features, 'decoder_neighbour', source),
      encoderNeighbours: readNeighbours(features, 'encoder_neighbour', source),
      matches: readMatches(features, source),
      scores: readScores(features),
      densityByPosition: [...features.floats('density_by_position')],
      encoderDecoderCosine: finite(features.floats('encoder_decoder_cosine')[0]),
    };
  } finally {
    for (const reader of readers) reader.close();
  }
}

/** The part of features.safetensors that belongs to one feature. */
export class FeatureSlice {
  readonly reader: TensorReader;
  readonly #feature: number;

  constructor(reader: TensorReader, feature: number) {
    this.reader = reader;
    this.#feature = feature;
  }

  /** Empty where the job did not write the tensor. */
  floats(name: string): Float32Array {
    const range = this.#range(name);
    return range ? this.reader.floats(name, ...range) : new Float32Array(0);
  }

  ints(name: string): Int32Array {
    const range = this.#range(name);
    return range ? this.reader.ints(name, ...range) : new Int32Array(0);
  }

  #range(name: string): [number, number] | undefined {
    const tensor = this.reader.tensors.get(name);
    const features = tensor?.shape[0];
    if (!tensor || !features) return undefined;
    if (this.#feature >= features)
      throw new AppError(
        'corrupt',
        `${this.reader.source}: '${name}' has ${features} features, and number ${this.#feature} was asked for. Run the job again.`,
        { file: this.reader.source, place: name },
      );
    const width = tensor.size / features;
    return [this.#feature * width, (this.#feature + 1) * width];
  }
}

/** Cuts stretches of text with the feature's activations out of the token file. */
class Windows {
  readonly active: ActiveTokens;
  readonly #reader: TensorReader;
  readonly #words: readonly string[];
  readonly #around: number;
  #ids: Int32Array | undefined;

  constructor(
    reader: TensorReader,
    active: ActiveTokens,
    words: readonly string[],
    around: number,
  ) {
    this.#reader = reader;
    this.active = active;
    this.#words = words;
    this.#around = around;
  }

  /** All token ids, row after row. */
  get ids(): Int32Array {
    return (this.#ids ??= this.#reader.ints('input_ids'));
  }

  cut({ row, position }: Place): Example {
    const context = this.#reader.tensors.get('input_ids')?.shape[1] ?? 0;
    const start = Math.max(0, position - this.#around);
    const end = Math.min(context, position + this.#around + 1);
    const first = row * context;
    const read = this.#ids
      ? this.#ids.subarray(first + start, first + end)
      : this.#reader.ints('input_ids', first + start, first + end);
    // A sequence that is shorter than the context ends in padding.
    const padding = read.indexOf(-1);
    const ids = [...(padding < 0 ? read : read.subarray(0, padding))];
    return {
      sequence: row,
      position,
      start,
      value: this.active.at(first + position),
      tokens: ids.map((id) => wordOf(this.#words, id)),
      ids,
      activations: ids.map((_, i) => this.active.at(first + start + i)),
    };
  }
}

function readHistogram(features: FeatureSlice, max: number | null): FileParts['histogram'] {
  const counts = [...features.ints('histogram')];
  const width = (max ?? 0) / Math.max(1, counts.length);
  const edges = counts.length === 0 ? [] : [0, ...counts.map((_, i) => width * (i + 1))];
  return { edges, counts };
}

function readLogits(
  features: FeatureSlice,
  name: 'promoted' | 'suppressed',
  words: readonly string[],
): FileParts['promoted'] {
  const values = features.floats(`${name}_value`);
  return [...features.ints(name)].flatMap((id, i) =>
    id < 0 ? [] : [{ id, token: wordOf(words, id), value: values[i]! }],
  );
}

function readNeighbours(
  features: FeatureSlice,
  name: string,
  source: DetailSource,
): FileParts['decoderNeighbours'] {
  const cosines = features.floats(`${name}_cosine`);
  const found = [...features.ints(name)].flatMap((feature, i) =>
    feature < 0 ? [] : [{ feature, cosine: cosines[i]! }],
  );
  const labels = source.labelsOf(found.map(({ feature }) => feature));
  return found.map((item) => ({ ...item, label: labels.get(item.feature) ?? null }));
}

function readMatches(features: FeatureSlice, source: DetailSource): FileParts['matches'] {
  const cosines = features.floats('match_cosine');
  return [...features.ints('match')].flatMap((feature, i) => {
    const sibling = source.siblings[i];
    if (!sibling || feature < 0) return [];
    return [{ dictionary: sibling.id, seed: sibling.seed, feature, cosine: cosines[i]! }];
  });
}

/** Best first. */
function readScores(features: FeatureSlice): FileParts['scores'] {
  const { reader } = features;
  const properties = readProperties(reader);
  const positives = reader.tensors.has('positives') ? reader.ints('positives') : [];
  return [...features.floats('auc')]
    .map((auc, i) => ({
      property: properties[i] ?? `property ${i}`,
      auc,
      positives: positives[i] ?? 0,
    }))
    .filter(({ auc }) => !Number.isNaN(auc))
    .sort((a, b) => b.auc - a.auc);
}

/** The vocabulary of the job opened last: pages ask for many features of one dictionary in a row. */
let lastVocabulary: { path: string; words: readonly string[] } | undefined;

function readVocabulary(path: string): readonly string[] {
  if (lastVocabulary?.path === path) return lastVocabulary.words;
  let words: unknown;
  try {
    words = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw fileError(error, path);
  }
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string'))
    throw new AppError('corrupt', `${path} is not a list of words. Run the job again.`, {
      file: path,
    });
  lastVocabulary = { path, words };
  return words;
}

function wordOf(words: readonly string[], id: number): string {
  return words[id] ?? `⟨${id}⟩`;
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
