import { userInfo } from 'node:os';
import { addLabel, undoLabel } from '../../db/labels.ts';
import type { Clock } from '../../jobs/clock.ts';
import type { QueryService } from '../../jobs/query-service.ts';
import { ask } from '../ask.ts';
import { insideProject } from '../paths.ts';
import type { Projects } from '../projects.ts';
import {
  dictionaryFile,
  findDictionary,
  findFeature,
  readFeature,
  readFeaturePage,
  readFeaturePlace,
  readFeatureSummary,
} from '../read-features.ts';
import type { HandlerGroup } from './group.ts';

export function featuresHandlers(
  projects: Projects,
  queries: QueryService,
  clock: Clock,
): HandlerGroup<'features'> {
  const author = userName();
  return {
    'features.page': async ({ project, dictionary, ...query }) =>
      readFeaturePage(await projects.get(project), dictionary, query),
    'features.place': async ({ project, dictionary, feature, ...filter }) =>
      readFeaturePlace(await projects.get(project), dictionary, filter, feature),
    'features.summary': async ({ project, dictionary }) =>
      readFeatureSummary(await projects.get(project), dictionary),
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
          dictionary: dictionaryFile(opened, found),
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

/** Who a label is by. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may have no entry for its user.
    return 'unknown';
  }
}
