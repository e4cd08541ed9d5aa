import { setProjectNotes } from '../../db/project.ts';
import type { Projects } from '../projects.ts';
import type { HandlerGroup } from './group.ts';

export function projectHandlers(
  projects: Projects,
  initialFolder: string | undefined,
): HandlerGroup<'project'> {
  return {
    'project.open': ({ path }) => projects.open(path),
    'project.initial': () =>
      initialFolder === undefined ? Promise.resolve(null) : projects.open(initialFolder),
    'project.repair': ({ path, from }) => projects.repair(path, from),
    'project.close': async ({ project }) => {
      await projects.close(project);
      return null;
    },
    'project.overview': async ({ project }) => (await projects.get(project)).overview(),
    'project.rescan': async ({ project }) => {
      const opened = await projects.get(project);
      const overview = opened.rescan();
      opened.changed('items');
      return overview;
    },
    'project.setNotes': async ({ project, notes }) => {
      setProjectNotes((await projects.get(project)).db, notes);
      return null;
    },
  };
}
