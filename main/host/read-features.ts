import { join } from 'node:path';
import type { FeatureDetail, FeatureFilter, FeatureRow } from '../../shared/contract/features.ts';
import { AppError } from '../../shared/errors.ts';
import { getDictionary, listDictionaries, type StoredDictionary } from '../db/dictionaries.ts';
import { placeFeature } from '../db/feature-place.ts';
import { summariseFeatures } from '../db/feature-summary.ts';
import { getFeature, labelsOf, pageFeatures, type FeatureQuery } from '../db/features.ts';
import { listLabels } from '../db/labels.ts';
import { listRunsOfJob } from '../db/runs.ts';
import { dictionariesFolder, importedFiles } from '../jobs/imported-dictionary.ts';
import { runFiles } from '../jobs/job-folder.ts';
import { readFeatureDetail } from './feature-detail.ts';
import { findJob, folderOf, type ProjectView } from './project-view.ts';

/** Everything about one feature. @throws AppError `not-found` and what its files say. */
export function readFeature(
  view: ProjectView,
  dictionary: StoredDictionary,
  feature: number,
  around: number,
): FeatureDetail {
  const { db } = view;
  const row = findFeature(view, dictionary.key, feature);
  const parts = readFeatureDetail(
    {
      ...featureFolders(view, dictionary),
      context: dictionary.context,
      siblings: matchedWith(view, dictionary),
      labelsOf: (features) => labelsOf(db, dictionary.key, features),
    },
    row,
    around,
  );
  const labels = listLabels(db, dictionary.key, feature);
  return { row, tokens: dictionary.tokens, labels, ...parts };
}

/** One page of the features of a dictionary. @throws AppError `not-found` */
export function readFeaturePage(view: ProjectView, dictionary: string, query: FeatureQuery) {
  return pageFeatures(view.db, findDictionary(view, dictionary).key, query);
}

/** @throws AppError `not-found` */
export function readFeaturePlace(
  view: ProjectView,
  dictionary: string,
  filter: FeatureFilter,
  feature: number,
) {
  const place = placeFeature(view.db, findDictionary(view, dictionary).key, filter, feature);
  if (place) return place;
  throw noFeature(feature);
}

/** @throws AppError `not-found` */
export function readFeatureSummary(view: ProjectView, dictionary: string) {
  return summariseFeatures(view.db, findDictionary(view, dictionary).key);
}

/** @throws AppError `not-found` */
export function findDictionary(view: ProjectView, id: string): StoredDictionary {
  const dictionary = getDictionary(view.db, id);
  if (dictionary) return dictionary;
  throw new AppError('not-found', `There is no dictionary ${id} in this project.`, {
    dictionary: id,
  });
}

/** @throws AppError `not-found` */
export function findFeature(view: ProjectView, key: number, feature: number): FeatureRow {
  const row = getFeature(view.db, key, feature);
  if (row) return row;
  throw noFeature(feature);
}

function noFeature(feature: number): AppError {
  return new AppError(
    'not-found',
    `This dictionary has no feature ${feature}, or its features were not counted.`,
    { feature },
  );
}

/** Where the features of a dictionary lie: their job's folder and their own in it. @throws AppError */
export function featureFolders(view: ProjectView, dictionary: StoredDictionary) {
  const { featuresJob, job } = dictionary;
  if (featuresJob === null)
    return { jobFolder: folderOf(view, job ?? ''), runFolder: runFolder(view, dictionary) };
  const jobFolder = folderOf(view, featuresJob);
  return { jobFolder, runFolder: join(jobFolder, dictionary.id) };
}

/** The file of a dictionary, of its run or of its import. */
export function dictionaryFile(view: ProjectView, dictionary: StoredDictionary): string {
  if (dictionary.run !== null) return join(runFolder(view, dictionary), runFiles.dictionary);
  return join(dictionariesFolder(view.path), dictionary.id, importedFiles.dictionary);
}

/** Folder of the run that trained a dictionary. @throws AppError `unsupported` */
export function runFolder(view: ProjectView, dictionary: StoredDictionary): string {
  if (dictionary.job !== null && dictionary.run !== null)
    return join(folderOf(view, dictionary.job), dictionary.run);
  throw new AppError('unsupported', 'This dictionary was not trained here: it has no run folder.', {
    dictionary: dictionary.id,
  });
}

/** The dictionaries that the features of this one were matched with, in the order of the columns. */
export function matchedWith(view: ProjectView, dictionary: StoredDictionary) {
  if (dictionary.featuresJob === null) return siblingsOf(view, dictionary);
  const { spec } = findJob(view, dictionary.featuresJob);
  const entries = spec.kind === 'features' ? spec.dictionaries : [];
  const { siblings = [] } = entries.find(({ id }) => id === dictionary.id) ?? {};
  return siblings.map(({ id }) => ({ id, seed: getDictionary(view.db, id)?.seed ?? null }));
}

/** The dictionaries that differ from this one in their seed alone, in the order of their seeds. */
export function siblingsOf(view: ProjectView, dictionary: StoredDictionary) {
  const groups = new Map(
    listRunsOfJob(view.db, dictionary.job ?? '').map(({ id, groupKey }) => [id, groupKey]),
  );
  const group = groups.get(dictionary.run ?? '');
  return listDictionaries(view.db).filter(
    ({ id, job, run }) =>
      job === dictionary.job && id !== dictionary.id && groups.get(run ?? '') === group,
  );
}
