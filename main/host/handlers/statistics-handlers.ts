import type { FitDetail } from '../../../shared/contract/statistics.ts';
import { insertFit, listFits } from '../../db/fits.ts';
import type { Clock } from '../../jobs/clock.ts';
import { newId } from '../../jobs/ids.ts';
import type { QueryService } from '../../jobs/query-service.ts';
import { ask } from '../ask.ts';
import { insideProject } from '../paths.ts';
import type { Projects } from '../projects.ts';
import { findFit } from '../read-fits.ts';
import { checkFilesOfSpec, readSpec } from '../specs.ts';
import type { HandlerGroup } from './group.ts';

export function statisticsHandlers(
  projects: Projects,
  queries: QueryService,
  clock: Clock,
): HandlerGroup<'tables' | 'fits'> {
  return {
    'tables.describe': async ({ project, table }, { signal }) => {
      const { path: projectPath } = await projects.get(project);
      insideProject(projectPath, table);
      return ask(queries, 'tables.describe', { projectPath, table }, { signal });
    },
    'tables.rows': async ({ project, ...page }, { signal }) => {
      const { path: projectPath } = await projects.get(project);
      insideProject(projectPath, page.table);
      return ask(queries, 'tables.rows', { projectPath, ...page }, { signal });
    },
    'tables.correlation': async ({ project, ...question }, { signal }) => {
      const { path: projectPath } = await projects.get(project);
      insideProject(projectPath, question.table);
      return ask(queries, 'tables.correlation', { projectPath, ...question }, { signal });
    },
    'fits.check': async ({ project, spec }, { signal }) => {
      const { path: projectPath } = await projects.get(project);
      const checked = readSpec(spec, 'spec');
      checkFilesOfSpec(checked, projectPath);
      return ask(queries, 'fits.check', { projectPath, spec: checked }, { signal });
    },
    'fits.diagnostics': async ({ project, spec }, { signal }) => {
      const { path: projectPath } = await projects.get(project);
      const checked = readSpec(spec, 'spec');
      checkFilesOfSpec(checked, projectPath);
      return ask(queries, 'fits.diagnostics', { projectPath, spec: checked }, { signal });
    },
    'fits.create': async ({ project, spec }, { signal }) => {
      const opened = await projects.get(project);
      const { path: projectPath } = opened;
      const checked = readSpec(spec, 'spec');
      checkFilesOfSpec(checked, projectPath);
      const result = await ask(queries, 'fits.create', { projectPath, spec: checked }, { signal });
      const fit: FitDetail = {
        ...result,
        id: newId('fit'),
        name: checked.name,
        createdAt: clock.now(),
      };
      insertFit(opened.db, fit, null);
      opened.changed('fits');
      return fit;
    },
    'fits.list': async ({ project }) => listFits((await projects.get(project)).db),
    'fits.get': async ({ project, fit }) => findFit(await projects.get(project), fit),
  };
}
