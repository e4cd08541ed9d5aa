import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { FeatureDetail } from '../../../shared/contract/features.ts';
import { AppError } from '../../../shared/errors.ts';
import { getDictionary, listDictionaries, type StoredDictionary } from '../../db/dictionaries.ts';
import { getFeature, labelsOf, pageFeatures } from '../../db/features.ts';
import { addLabel, listLabels, undoLabel } from '../../db/labels.ts';
import type { Clock } from '../../jobs/clock.ts';
import { runFiles } from '../../jobs/job-folder.ts';
import type { QueryService } from '../../jobs/query-service.ts';
import { ask } from '../ask.ts';
import { readFeatureDetail } from '../feature-detail.ts';
import { insideProject } from '../paths.ts';
import type { Project } from '../project.ts';
import type { Projects } from '../projects.ts';
import type { HandlerGroup } from './group.ts';

export function featuresHandlers(
  projects: Projects,
  queries: QueryService,
  clock: Clock,
): HandlerGroup<'dictionaries' | 'features'> {
  const author = userName();
  return {
    'dictionaries.list': async ({ project }) => listDictionaries((await projects.get(project)).db),
    'features.page': async ({ project, dictionary, ...query }) => {
      const opened = await projects.get(project);
      return pageFeatures(opened.db, findDictionary(opened, dictionary).key, query);
    },
    'features.get': async ({ project, dictionary, feature, context }) => {
      const opened = await projects.get(project);
      return readFeature(opened, findDictionary(opened, dictionary), feature, context);
    },
    'features.setLabel': async ({ project, dictionary, feature, text }) => {
      const opened = await projects.get(project);
      const { key } = findDictionary(opened, dictionary);
      findFeature(opened, key, feature);
      const label = { text: text.trim(), author, time: clock.now() };
      const labels = addLabel(opened.db, key, feature, label);
      opened.changed('features');
      return labels;
    },
    'features.undoLabel': async ({ project, dictionary, feature }) => {
      const opened = await projects.get(project);
      const { key } = findDictionary(opened, dictionary);
      findFeature(opened, key, feature);
      const labels = undoLabel(opened.db, key, feature, clock.now());
      opened.changed('features');
      return labels;
    },
    'features.tryText': async ({ project, dictionary, feature, text }, { signal }) => {
      const opened = await projects.get(project);
      const found = findDictionary(opened, dictionary);
      const { max } = findFeature(opened, found.key, feature);
      const answer = await ask(
        queries,
        'try-text',
        {
          model: insideProject(opened.path, found.model),
          dictionary: join(runFolder(opened, found), runFiles.dictionary),
          hook: found.hook,
          feature,
          text,
        },
        { signal },
      );
      return { ...answer, max };
    },
  };
}

/** Everything about one feature. @throws AppError `not-found` and what its files say. */
export function readFeature(
  project: Project,
  dictionary: StoredDictionary,
  feature: number,
  around: number,
): FeatureDetail {
  const { db } = project;
  const row = findFeature(project, dictionary.key, feature);
  const parts = readFeatureDetail(
    {
      jobFolder: project.folderOf(dictionary.job ?? ''),
      runFolder: runFolder(project, dictionary),
      context: dictionary.context,
      siblings: siblingsOf(project, dictionary),
      labelsOf: (features) => labelsOf(db, dictionary.key, features),
    },
    row,
    around,
  );
  const labels = listLabels(db, dictionary.key, feature);
  return { row, tokens: dictionary.tokens, labels, ...parts };
}

export function findDictionary(project: Project, id: string): StoredDictionary {
  const dictionary = getDictionary(project.db, id);
  if (dictionary) return dictionary;
  throw new AppError('not-found', `There is no dictionary ${id} in this project.`, {
    dictionary: id,
  });
}

function findFeature(project: Project, key: number, feature: number) {
  const row = getFeature(project.db, key, feature);
  if (row) return row;
  throw new AppError(
    'not-found',
    `This dictionary has no feature ${feature}, or its features were not counted.`,
    { feature },
  );
}

function runFolder(project: Project, dictionary: StoredDictionary): string {
  if (dictionary.job !== null && dictionary.run !== null)
    return join(project.folderOf(dictionary.job), dictionary.run);
  throw new AppError('unsupported', 'This dictionary was not trained here: it has no run folder.', {
    dictionary: dictionary.id,
  });
}

/** The other dictionaries of the job, in the order of its seeds. */
function siblingsOf(project: Project, dictionary: StoredDictionary) {
  return listDictionaries(project.db).filter(
    (other) => other.job === dictionary.job && other.id !== dictionary.id,
  );
}

/** Who a label is by. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may have no entry for its user.
    return 'unknown';
  }
}
