import { renameSync } from 'node:fs';
import { fileError } from '../../../../shared/errors.ts';
import {
  ActivationFileWriter,
  byToken,
  type ActivationFile,
  type FeatureRange,
} from '../../../formats/activation-file.ts';
import { stopped, type JobControl } from '../../control.ts';
import { removeQuietly } from '../../files.ts';
import type { ChunkFiles } from './chunk-files.ts';
import { entriesInMemory } from './collect-activations.ts';

export interface MergeOptions {
  readonly latents: number;
  /** Activations in memory at a time; one feature or one chunk may have more. */
  readonly entries: number;
  /** Gets every range of features, with all of their activations, in order. */
  readonly use: (range: FeatureRange) => void;
}

/**
 * Turns chunks by stretches of tokens into one file in both orders, in bounded memory: a range of
 * features is one contiguous piece of each chunk, and a chunk is turned by token on its own. Under its
 * name the file is whole.
 * @yields activations done, of twice as many as there are: one for each order
 * @throws AppError what reading and writing throw
 */
export function* mergeChunks(
  chunks: readonly ActivationFile[],
  path: string,
  { latents, entries, use }: MergeOptions,
): Generator<number> {
  const pointers = chunks.map((chunk) => chunk.featurePointers());
  const counts = new Float64Array(latents);
  for (const of of pointers) for (let j = 0; j < latents; j++) counts[j]! += of[j + 1]! - of[j]!;
  const firstTokens = runningSum(chunks.map(({ tokens }) => tokens));
  const tokens = firstTokens.at(-1)!;
  const unfinished = `${path}.tmp`;
  try {
    const writer = new ActivationFileWriter(unfinished, counts, tokens);
    try {
      let at = 0;
      for (const [first, end] of rangesOf(counts, entries)) {
        const range = gather(chunks, firstTokens, counts, first, end);
        writer.features(at, range.token, range.value);
        use(range);
        yield (at += range.token.length);
      }
      let written = 0;
      for (const [index, chunk] of chunks.entries()) {
        const rows = byToken(chunk.features(), chunk.tokens);
        writer.rows(firstTokens[index]!, written, rows);
        yield at + (written += rows.feature.length);
      }
    } finally {
      writer.close();
    }
    renameSync(unfinished, path);
  } catch (error) {
    removeQuietly(unfinished);
    throw fileError(error, path, 'write');
  }
}

/**
 * Turns the chunks of one dictionary into a file of its activations, with progress and a way out.
 * @param use gets every range of features, with all of their activations, in order
 * @throws AppError `cancelled`, and what reading and writing throw
 */
export async function storeActivations(
  chunks: ChunkFiles,
  dictionary: number,
  path: string,
  latents: number,
  control: JobControl,
  use: MergeOptions['use'] = () => undefined,
): Promise<void> {
  const opened = chunks.open(dictionary);
  try {
    const total = 2 * chunks.entriesOf(dictionary);
    for (const done of mergeChunks(opened, path, { latents, entries: entriesInMemory, use })) {
      control.progress('sorting activations', done, total, 'activations');
      if ((await control.next()) === 'stop') throw stopped();
    }
  } finally {
    for (const file of opened) file.close();
  }
}

/** [0, a, a + b …] */
function runningSum(values: readonly number[]): Float64Array {
  const sums = new Float64Array(values.length + 1);
  values.forEach((value, i) => (sums[i + 1] = sums[i]! + value));
  return sums;
}

/** Ranges of features with at most so many activations together, each of one feature at least. */
function* rangesOf(counts: Float64Array, most: number): Generator<[number, number]> {
  let first = 0;
  let held = 0;
  for (let j = 0; j < counts.length; j++) {
    if (j > first && held + counts[j]! > most) {
      yield [first, j];
      first = j;
      held = 0;
    }
    held += counts[j]!;
  }
  if (counts.length > first) yield [first, counts.length];
}

/** A range of features out of all chunks. */
function gather(
  chunks: readonly ActivationFile[],
  firstTokens: Float64Array,
  counts: Float64Array,
  first: number,
  end: number,
): FeatureRange {
  const latents = end - first;
  const pointers = new Float64Array(latents + 1);
  for (let j = 0; j < latents; j++) pointers[j + 1] = pointers[j]! + counts[first + j]!;
  const next = pointers.slice(0, latents);
  const token = new Int32Array(pointers[latents]!);
  const value = new Float32Array(token.length);
  chunks.forEach((chunk, index) => {
    const part = chunk.features(first, end);
    const before = firstTokens[index]!;
    for (let j = 0; j < latents; j++) {
      let at = next[j]!;
      for (let i = part.pointers[j]!; i < part.pointers[j + 1]!; i++, at++) {
        token[at] = part.token[i]! + before;
        value[at] = part.value[i]!;
      }
      next[j] = at;
    }
  });
  return { first, latents, tokens: firstTokens.at(-1)!, pointers, token, value };
}
