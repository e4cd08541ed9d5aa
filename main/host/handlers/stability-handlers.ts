import { mazeSpec } from '../../../shared/domain/maze-template.ts';
import { listStability } from '../../db/stability-studies.ts';
import { insideProject } from '../paths.ts';
import type { Projects } from '../projects.ts';
import { findStability } from '../read-stability.ts';
import type { HandlerGroup } from './group.ts';

export function stabilityHandlers(projects: Projects): HandlerGroup<'stability'> {
  return {
    'stability.list': async ({ project }) => listStability((await projects.get(project)).db),
    'stability.get': async ({ project, study }) =>
      findStability(await projects.get(project), study),
    'stability.template': async ({ project, table, secondTable }) => {
      const { path } = await projects.get(project);
      insideProject(path, table);
      if (secondTable !== undefined) insideProject(path, secondTable);
      return mazeSpec(table, secondTable);
    },
  };
}
