import { join } from 'node:path';
import { deleteComparison } from '../../db/comparisons.ts';
import { comparisonFiles } from '../../jobs/comparison-files.ts';
import { removeQuietly } from '../../jobs/files.ts';
import { jobFiles } from '../../jobs/job-folder.ts';
import type { Blobs } from '../blobs.ts';
import { fetchedTensors } from '../fetched-tensors.ts';
import type { HostOptions } from '../options.ts';
import type { Projects } from '../projects.ts';
import {
  featureColumnsFile,
  findComparison,
  pairColumnsFile,
  readComparison,
  readComparisonRows,
  readMatrix,
  readPair,
} from '../read-comparisons.ts';
import type { HandlerGroup } from './group.ts';

export function comparisonsHandlers(
  projects: Projects,
  blobs: Blobs,
  options: Pick<HostOptions, 'blobAddress'>,
): HandlerGroup<'comparisons'> {
  const offer = (path: string) => fetchedTensors(path, blobs, options);
  return {
    'comparisons.list': async ({ project }) => readComparisonRows(await projects.get(project)),
    'comparisons.get': async ({ project, comparison }) =>
      readComparison(await projects.get(project), comparison),
    'comparisons.matrix': async ({ project, comparison, measure, minimumCount }) =>
      readMatrix(await projects.get(project), comparison, measure, minimumCount),
    'comparisons.pair': async ({ project, comparison, measure, ...pair }) =>
      readPair(await projects.get(project), comparison, measure, pair),
    'comparisons.columns': async ({ project, comparison, measure, ...pair }) => {
      const opened = await projects.get(project);
      const { path, ...found } = pairColumnsFile(opened, comparison, measure, pair);
      return { ...found, ...offer(path) };
    },
    'comparisons.features': async ({ project, comparison, dictionary }) =>
      offer(featureColumnsFile(await projects.get(project), comparison, dictionary)),
    'comparisons.delete': async ({ project, comparison }) => {
      const opened = await projects.get(project);
      const found = findComparison(opened, comparison);
      deleteComparison(opened.db, found);
      const folder = opened.folderOf(found.job);
      // Without its result the folder is never taken in again.
      for (const name of [jobFiles.result, comparisonFiles.comparison, 'pairs', 'dictionaries'])
        removeQuietly(join(folder, name));
      opened.changed('comparisons');
      return null;
    },
  };
}
