import { existsSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import * as v from 'valibot';
import {
  predictionResult,
  type PredictionDetail,
  type PredictionRow,
} from '../../shared/contract/predictions.ts';
import type { PredictSpec } from '../../shared/domain/job-spec.ts';
import type { PredictSource } from '../../shared/domain/predict-spec.ts';
import { AppError, fileError } from '../../shared/errors.ts';
import type { StoredDictionary } from '../db/dictionaries.ts';
import { labelsOf } from '../db/features.ts';
import { listJobs } from '../db/jobs.ts';
import { parseStrictJson } from '../formats/strict-json.ts';
import { jobFiles, runFiles } from '../jobs/job-folder.ts';
import { findJob, folderOf, type ProjectView } from './project-view.ts';
import { dictionaryFile, featureFolders, findDictionary, matchedWith } from './read-features.ts';

/**
 * A spec of a prediction with the files of its dictionary, and of those of other seeds, filled in.
 * @throws AppError `not-found` for an unknown dictionary or one whose activations were not kept
 */
export function completePrediction(view: ProjectView, spec: PredictSpec): PredictSpec {
  const own = findDictionary(view, spec.dictionary);
  const source = sourceOf(view, own);
  if (!source)
    throw new AppError(
      'not-found',
      `The activations of the features of ${own.name} were not kept. Collect its features first.`,
      { dictionary: own.id, place: 'dictionary' },
    );
  const others = spec.seeds ? matchedWith(view, own).map(({ id }) => findDictionary(view, id)) : [];
  return {
    ...spec,
    sources: [source, ...others.flatMap((other) => sourceOf(view, other) ?? [])],
  };
}

/** Where the newest pass over tokens, of its training or of a features job, kept the activations. */
function sourceOf(view: ProjectView, dictionary: StoredDictionary): PredictSource | undefined {
  const { id, seed, tokens, context } = dictionary;
  if (tokens === 0) return undefined;
  const activations = join(featureFolders(view, dictionary).runFolder, runFiles.activations);
  if (!existsSync(activations)) return undefined;
  const inside = (path: string) => relative(view.path, path).split(sep).join('/');
  const file = inside(dictionaryFile(view, dictionary));
  return { id, seed, dictionary: file, activations: inside(activations), tokens, context };
}

/** The predictions of a project, newest first. */
export function listPredictions(view: ProjectView): PredictionRow[] {
  return listJobs(view.db).flatMap(({ id, spec, createdAt, importedAttempt }) => {
    if (spec.kind !== 'predict' || importedAttempt === null) return [];
    const { name, dictionary, unit, family } = spec;
    return [{ job: id, name, createdAt, dictionary, label: spec.labels.name, unit, family }];
  });
}

/** @throws AppError `not-found`, `corrupt` */
export function readPrediction(view: ProjectView, id: string): PredictionDetail {
  const job = findJob(view, id);
  if (job.spec.kind !== 'predict' || job.importedAttempt === null)
    throw new AppError('not-found', `${id} is no finished prediction.`, { job: id });
  const path = join(folderOf(view, id), jobFiles.prediction);
  const result = v.safeParse(predictionResult, parseStrictJson(readText(path), path));
  if (!result.success) {
    const place = v.getDotPath(result.issues[0]) ?? 'top level';
    throw new AppError('corrupt', `${path}: ${place}: ${result.issues[0].message}.`, {
      file: path,
      place,
    });
  }
  const { key } = findDictionary(view, job.spec.dictionary);
  const features = result.output.selected.map(({ feature }) => feature);
  const labels = Object.fromEntries(labelsOf(view.db, key, features));
  return {
    ...result.output,
    job: id,
    name: job.spec.name,
    createdAt: job.createdAt,
    labels,
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError(error, path);
  }
}

/** The labels that came with the tokens on which a dictionary's features were collected. */
export function offeredLabels(
  view: ProjectView,
  dictionary: string,
): { file: string; name: string }[] {
  const { job, featuresJob, properties } = findDictionary(view, dictionary);
  const counted = featuresJob ?? job;
  if (counted === null) return [];
  const { spec } = findJob(view, counted);
  const file =
    spec.kind === 'train'
      ? spec.features?.labels
      : spec.kind === 'features'
        ? spec.labels
        : undefined;
  return file === undefined ? [] : properties.map((name) => ({ file, name }));
}
