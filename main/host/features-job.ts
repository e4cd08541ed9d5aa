import { relative } from 'node:path';
import type { FeaturesSpec } from '../../shared/domain/job-spec.ts';
import type { StoredDictionary } from '../db/dictionaries.ts';
import type { ProjectView } from './project-view.ts';
import { dictionaryFile, findDictionary, siblingsOf } from './read-features.ts';

/**
 * Fills in what a features spec leaves to the project: where the dictionaries lie, what model and hook
 * point they belong to, and which replicates their features are matched with.
 * @throws AppError `not-found` for a dictionary that the project does not have
 */
export function completeFeatures(view: ProjectView, spec: FeaturesSpec): FeaturesSpec {
  const found = spec.dictionaries.map(({ id }) => findDictionary(view, id));
  const model = spec.model ?? found[0]!.model;
  const dictionaries = spec.dictionaries.map((entry, index) =>
    completeEntry(view, entry, found[index]!),
  );
  return { ...spec, ...(model !== '' && { model }), dictionaries };
}

type Entry = FeaturesSpec['dictionaries'][number];

function completeEntry(view: ProjectView, entry: Entry, dictionary: StoredDictionary): Entry {
  const fileOf = (one: StoredDictionary) => relative(view.path, dictionaryFile(view, one));
  const replicates = () =>
    dictionary.run === null
      ? []
      : siblingsOf(view, dictionary).map((one) => ({ id: one.id, file: fileOf(one) }));
  return {
    ...entry,
    file: entry.file ?? fileOf(dictionary),
    ...(dictionary.hook !== '' && { hook: entry.hook ?? dictionary.hook }),
    siblings: entry.siblings ?? replicates(),
  };
}
