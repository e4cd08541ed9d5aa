import { AppError } from '../../../shared/errors.ts';
import { readSeries } from '../../db/points.ts';
import { setRunLabel } from '../../db/runs.ts';
import { readProvenance } from '../../jobs/provenance.ts';
import { pageGroups } from '../group-pages.ts';
import { findChanges } from '../input-changes.ts';
import type { Projects } from '../projects.ts';
import { findRun, readGroups, readRun, specOf, specToRepeat } from '../read-runs.ts';
import { findDifferences } from '../spec-differences.ts';
import type { HandlerGroup } from './group.ts';

export function runsHandlers(projects: Projects): HandlerGroup<'runs'> {
  return {
    'runs.groups': async ({ project, search, metrics, offset }) =>
      pageGroups(readGroups(await projects.get(project), search, metrics), offset),
    'runs.get': async ({ project, run }) => readRun(await projects.get(project), run),
    'runs.series': async ({ project, runs, ...window }) => {
      const opened = await projects.get(project);
      opened.jobs.flushPoints();
      return runs.map((id) => ({
        run: findRun(opened, id).id,
        series: readSeries(opened.db, id, window),
      }));
    },
    'runs.setLabel': async ({ project, run, label, notes }) => {
      const opened = await projects.get(project);
      setRunLabel(opened.db, findRun(opened, run).id, label, notes);
      opened.changed('runs');
      return null;
    },
    'runs.diff': async ({ project, runs }) => {
      const opened = await projects.get(project);
      return findDifferences(runs.map((id) => specOf(opened, findRun(opened, id))));
    },
    'runs.again': async ({ project, run }) => {
      const opened = await projects.get(project);
      const found = findRun(opened, run);
      if (found.imported)
        throw new AppError(
          'unsupported',
          'Another tool did this run: Assay has no spec of it to run again.',
          { run },
        );
      const provenance = readProvenance(opened.folderOf(found.job));
      return {
        spec: specToRepeat(opened, found),
        differences: await findChanges(opened.path, provenance),
      };
    },
  };
}
