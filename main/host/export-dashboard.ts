import { closeSync, existsSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { FeatureDetail } from '../../shared/contract/features.ts';
import type { DashboardFormat } from '../../shared/domain/dictionary-form.ts';
import { AppError, fileError } from '../../shared/errors.ts';
import type { StoredDictionary } from '../db/dictionaries.ts';
import { pageFeatures } from '../db/features.ts';
import {
  placeOfHook,
  type ExportedDictionary,
  type ExportedExample,
  type ExportedFeature,
} from '../formats/dashboards/exported-feature.ts';
import { neuronpediaHead, neuronpediaRows } from '../formats/dashboards/write-neuronpedia.ts';
import {
  saeDashboardBatch,
  saeDashboardFeature,
} from '../formats/dashboards/write-saedashboard.ts';
import { readFeature } from './read-features.ts';
import type { ProjectView } from './project-view.ts';

export interface DashboardExport {
  readonly path: string;
  readonly files: { readonly name: string; readonly bytes: number }[];
  readonly features: number;
}

interface Options {
  readonly signal?: AbortSignal;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const featuresOfBatch = 128;
/** Tokens on each side of an example: the whole sequence. */
const whole = 1 << 20;

/**
 * Writes the features of a dictionary into a new folder as SAEDashboard's batches or an export of
 * Neuronpedia: figures, histograms, effects on logits, the strongest examples and those of bands, labels
 * (Neuronpedia alone has a place for them). Reading the folder again gives the same features.
 * @throws AppError `unsupported` for a dictionary whose features were not counted, `not-writable` for a
 *   folder that is there already; after an error or a stop nothing is left.
 */
export async function exportDashboard(
  view: ProjectView,
  dictionary: StoredDictionary,
  format: DashboardFormat,
  path: string,
  options: Options = {},
): Promise<DashboardExport> {
  if (existsSync(path))
    throw new AppError('not-writable', `${path} exists already. Name a folder that does not.`, {
      file: path,
    });
  const about = describe(dictionary);
  const indices = listed(view, dictionary);
  if (indices.length === 0)
    throw new AppError('unsupported', `The features of ${dictionary.name} were not counted.`, {
      dictionary: dictionary.id,
    });
  const files: string[] = [];
  try {
    mkdirSync(path, { recursive: true });
    const put = (name: string, content: string | Buffer) => {
      files.push(name);
      write(join(path, name), content);
    };
    if (format === 'neuronpedia') {
      for (const [name, row] of Object.entries(neuronpediaHead(about)))
        put(name, `${JSON.stringify(row)}\n`);
      for (const part of ['features', 'activations', 'explanations']) mkdirSync(join(path, part));
    }
    for (let first = 0; first < indices.length; first += featuresOfBatch) {
      options.signal?.throwIfAborted();
      const features: ExportedFeature[] = [];
      for (const feature of indices.slice(first, first + featuresOfBatch)) {
        await setImmediate();
        features.push(toExport(readFeature(view, dictionary, feature, whole)));
      }
      const batch = `batch-${first / featuresOfBatch}`;
      if (format === 'saedashboard') put(`${batch}.json`, saeDashboardText(features, about));
      else putNeuronpedia(features, about, batch, put);
      options.onProgress?.(Math.min(indices.length, first + featuresOfBatch), indices.length);
    }
  } catch (error) {
    rmSync(path, { recursive: true, force: true });
    if (options.signal?.aborted) throw new AppError('cancelled', 'The export was stopped.');
    throw fileError(error, path, 'write');
  }
  return {
    path,
    files: files.map((name) => ({ name, bytes: statSync(join(path, name)).size })),
    features: indices.length,
  };
}

function saeDashboardText(features: readonly ExportedFeature[], about: ExportedDictionary): string {
  const texts = features.map((feature) => JSON.stringify(saeDashboardFeature(feature, about)));
  return `${saeDashboardBatch.start(about)}${texts.join(',')}${saeDashboardBatch.end}`;
}

function putNeuronpedia(
  features: readonly ExportedFeature[],
  about: ExportedDictionary,
  batch: string,
  put: (name: string, content: Buffer) => void,
): void {
  const rows = features.map((feature) => neuronpediaRows(feature, about));
  const lines = (all: readonly unknown[]) =>
    gzipSync(all.map((row) => `${JSON.stringify(row)}\n`).join(''), { level: 5 });
  put(join('features', `${batch}.jsonl.gz`), lines(rows.map(({ feature }) => feature)));
  put(
    join('activations', `${batch}.jsonl.gz`),
    lines(rows.flatMap(({ activations }) => activations)),
  );
  const explanations = rows.flatMap((row) => row.explanations);
  if (explanations.length > 0) put(join('explanations', `${batch}.jsonl.gz`), lines(explanations));
}

function describe(dictionary: StoredDictionary): ExportedDictionary {
  const { model, hook, tokens, context, name } = dictionary;
  const { layer, set } = placeOfHook(hook);
  return {
    model: model || name,
    layer,
    set,
    hook,
    tokens,
    context: Math.max(1, context),
    createdAt: 0,
  };
}

/** Numbers of all features, page by page. */
function listed(view: ProjectView, { key, latents }: StoredDictionary): number[] {
  const query = {
    search: '',
    dead: 'show',
    labelled: 'any',
    minCount: 0,
    minRating: 0,
    list: '',
    sort: 'feature',
  } as const;
  const { rows } = pageFeatures(view.db, key, {
    ...query,
    descending: false,
    offset: 0,
    limit: latents,
  });
  return rows.map(({ feature }) => feature);
}

function toExport(detail: FeatureDetail): ExportedFeature {
  const { row, groups } = detail;
  const max = row.max ?? 0;
  const bands = ['0–20 %', '20–40 %', '40–60 %', '60–80 %', '80–100 %'];
  const examples = groups.flatMap(({ kind, name, from, examples: all }): ExportedExample[] => {
    if (kind !== 'top' && kind !== 'quantile') return [];
    const band = kind === 'top' ? null : bands.indexOf(name);
    return all.map(({ tokens, activations, position, start }) => ({
      band,
      from,
      tokens,
      values: activations,
      at: position - start,
    }));
  });
  return {
    index: row.feature,
    count: row.count,
    sum: (row.mean ?? 0) * row.count,
    max,
    histogram: detail.histogram.counts,
    promoted: detail.promoted,
    suppressed: detail.suppressed,
    neighbours: detail.decoderNeighbours,
    examples,
    labels: [...detail.labels].reverse(),
  };
}

function write(path: string, content: string | Buffer): void {
  const fd = openSync(path, 'wx');
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
  } finally {
    closeSync(fd);
  }
}
