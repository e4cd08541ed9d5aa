import { AppError } from '../../../shared/errors.ts';
import type { FitDetail } from '../../../shared/contract/statistics.ts';
import { getFit, insertFit, listFits } from '../../db/fits.ts';
import type { Clock } from '../../jobs/clock.ts';
import { newId } from '../../jobs/ids.ts';
import type { QueryService } from '../../jobs/query-service.ts';
import { ask } from '../ask.ts';
import { insideProject } from '../paths.ts';
import type { Project } from '../project.ts';
import type { Projects } from '../projects.ts';
import { readSpec } from '../specs.ts';
import type { HandlerGroup } from './group.ts';

export function statisticsHandlers(
  projects: Projects,
  queries: QueryService,
  clock: Clock,
): HandlerGroup<'tables' | 'fits'> {
  return {
    'tables.describe': async ({ project, table }, { signal }) => {
      const file = insideProject((await projects.get(project)).path, table);
      const description = await ask(queries, 'describe-table', { file }, { signal });
      return { path: table, ...description };
    },
    'tables.rows': async ({ project, table, offset, limit }, { signal }) => {
      const file = insideProject((await projects.get(project)).path, table);
      return ask(queries, 'table-rows', { file, offset, limit }, { signal });
    },
    'tables.correlation': async ({ project, table, columns, filter }, { signal }) => {
      const file = insideProject((await projects.get(project)).path, table);
      const input = { file, columns, ...(filter === undefined ? {} : { filter }) };
      return ask(queries, 'correlation', input, { signal });
    },
    'fits.create': async ({ project, spec }, { signal }) => {
      const opened = await projects.get(project);
      const checked = readSpec(spec, 'spec');
      if (checked.kind !== 'regress')
        throw new AppError('bad-spec', 'spec: kind: a fit is made from a spec of kind regress.', {
          place: 'kind',
        });
      const file = insideProject(opened.path, checked.table, 'bad-spec');
      const result = await ask(queries, 'fit', { file, spec: checked }, { signal });
      const fit: FitDetail = { ...result, id: newId('fit'), createdAt: clock.now() };
      insertFit(opened.db, fit, null);
      opened.changed('fits');
      return fit;
    },
    'fits.list': async ({ project }) => listFits((await projects.get(project)).db),
    'fits.get': async ({ project, fit }) => findFit(await projects.get(project), fit),
  };
}

export function findFit(project: Project, id: string): FitDetail {
  const fit = getFit(project.db, id);
  if (!fit) throw new AppError('not-found', `There is no fit ${id} in this project.`, { fit: id });
  return fit;
}
