import { join } from 'node:path';
import type { Output } from '../../shared/contract/index.ts';
import type { TensorReader } from '../../shared/domain/tensors.ts';
import { AppError } from '../../shared/errors.ts';
import type { StoredDictionary } from '../db/dictionaries.ts';
import { labelsOf } from '../db/features.ts';
import { ActivationFile } from '../formats/activation-file.ts';
import { openSafetensors } from '../formats/safetensors.ts';
import { jobFiles, runFiles } from '../jobs/job-folder.ts';
import type { ProjectView } from './project-view.ts';
import { featureFolders } from './read-features.ts';
import { readVocabulary, wordOf } from './vocabulary.ts';

/** Tokens whose rows are read for one answer: a few tens of milliseconds. */
const sampledTokens = 2048;
const shownFeatures = 12;
const shownOnToken = 50;
const shownTokens = 20;

/**
 * Features of the same dictionary that are active on the same tokens, by Jaccard index. Of a feature with
 * many activations an evenly spread part is looked at, and the counts are scaled to all of them.
 * @throws AppError `unsupported` where the activations are not kept by token
 */
export function readCoactive(
  view: ProjectView,
  dictionary: StoredDictionary,
  feature: number,
): Output<'features.coactive'> {
  const { runFolder } = featureFolders(view, dictionary);
  return withFiles((open) => {
    const file = open(new ActivationFile(join(runFolder, runFiles.activations)));
    const { token } = file.features(feature, feature + 1);
    const counts = open(openSafetensors(join(runFolder, runFiles.features))).ints('count');
    const sampled = spread(token, sampledTokens);
    const seen = new Map<number, number>();
    for (const at of sampled)
      for (const other of file.rows(at, at + 1).feature)
        if (other !== feature) seen.set(other, (seen.get(other) ?? 0) + 1);
    const scale = token.length / Math.max(1, sampled.length);
    const found = [...seen]
      .map(([other, times]) => {
        const both = Math.round(times * scale);
        return { feature: other, both, jaccard: both / (token.length + counts[other]! - both) };
      })
      .sort((a, b) => b.jaccard - a.jaccard || a.feature - b.feature)
      .slice(0, shownFeatures);
    const labels = labelsOf(
      view.db,
      dictionary.key,
      found.map((one) => one.feature),
    );
    return {
      tokens: token.length,
      sampled: sampled.length,
      features: found.map((one) => ({ ...one, label: labels.get(one.feature) ?? null })),
    };
  });
}

/** Token ids whose text holds a text, those that equal it and the shortest first, with how often they occur. */
export function findTokens(
  view: ProjectView,
  dictionary: StoredDictionary,
  text: string,
): Output<'features.findTokens'> {
  const { jobFolder } = featureFolders(view, dictionary);
  const words = readVocabulary(join(jobFolder, jobFiles.vocabulary));
  return withFiles((open) => {
    const pointers = occurrencesIn(open(openSafetensors(join(jobFolder, jobFiles.tokens))));
    const times = (id: number) => (pointers[id + 1] ?? 0) - (pointers[id] ?? 0);
    const found = words.flatMap((word, id) => (word.includes(text) && times(id) > 0 ? [id] : []));
    const rank = (id: number) => words[id]!.trim().length;
    found.sort((a, b) => rank(a) - rank(b) || times(b) - times(a));
    return {
      total: found.length,
      tokens: found.slice(0, shownTokens).map((id) => ({
        id,
        token: wordOf(words, id),
        occurrences: times(id),
      })),
    };
  });
}

/**
 * The features that fire on a token, by their mean activation over its occurrences. Of a frequent token
 * an evenly spread part of the occurrences is looked at.
 * @throws AppError `unsupported` as `readCoactive`, `not-found` for a token that does not occur
 */
export function readOnToken(
  view: ProjectView,
  dictionary: StoredDictionary,
  id: number,
): Output<'features.onToken'> {
  const { jobFolder, runFolder } = featureFolders(view, dictionary);
  return withFiles((open) => {
    const tokens = open(openSafetensors(join(jobFolder, jobFiles.tokens)));
    const pointers = occurrencesIn(tokens);
    const [from = 0, to = from] = pointers.subarray(id, id + 2);
    const sampled = spread(tokens.ints('by_id', from, to), sampledTokens);
    const file = open(new ActivationFile(join(runFolder, runFiles.activations)));
    const sums = new Map<number, { count: number; sum: number }>();
    for (const at of sampled) {
      const row = file.rows(at, at + 1);
      row.feature.forEach((feature, i) => {
        const { count, sum } = sums.get(feature) ?? { count: 0, sum: 0 };
        sums.set(feature, { count: count + 1, sum: sum + row.value[i]! });
      });
    }
    const found = [...sums]
      .map(([feature, { count, sum }]) => ({ feature, count, mean: sum / sampled.length }))
      .sort((a, b) => b.mean - a.mean || a.feature - b.feature);
    const shown = found.slice(0, shownOnToken);
    const labels = labelsOf(
      view.db,
      dictionary.key,
      shown.map((one) => one.feature),
    );
    return {
      occurrences: to - from,
      sampled: sampled.length,
      total: found.length,
      features: shown.map((one) => ({ ...one, label: labels.get(one.feature) ?? null })),
    };
  });
}

/** Where the occurrences of each id begin in `by_id`. @throws AppError `unsupported` */
function occurrencesIn(tokens: TensorReader): Int32Array {
  if (tokens.tensors.has('id_pointers')) return tokens.ints('id_pointers');
  throw new AppError(
    'unsupported',
    `${tokens.source} was written before tokens were kept by their id. Collect the features again.`,
    { file: tokens.source, place: 'id_pointers' },
  );
}

/** At most so many of some values, evenly spread over them. */
function spread(values: Int32Array, most: number): Int32Array {
  if (values.length <= most) return values;
  return Int32Array.from(
    { length: most },
    (_, i) => values[Math.floor((i * values.length) / most)]!,
  );
}

function withFiles<T>(read: (open: <F extends { close(): void }>(file: F) => F) => T): T {
  const opened: { close(): void }[] = [];
  try {
    return read((file) => {
      opened.push(file);
      return file;
    });
  } finally {
    for (const file of opened) file.close();
  }
}
