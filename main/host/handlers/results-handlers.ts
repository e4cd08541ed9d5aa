import { basename, isAbsolute, resolve } from 'node:path';
import { detectResults, findResults } from '../../formats/results/detect-results.ts';
import { jobRow } from '../job-rows.ts';
import { insideProject } from '../paths.ts';
import type { Projects } from '../projects.ts';
import type { HandlerGroup } from './group.ts';

export function resultsHandlers(projects: Projects): HandlerGroup<'results'> {
  return {
    'results.inspect': async ({ project, path }) => {
      const opened = await projects.get(project);
      const found = detectResults(placeOf(opened.path, path));
      return found ? { ...found, files: found.files.length } : null;
    },
    'results.import': async ({ project, path, name }) => {
      const opened = await projects.get(project);
      const place = placeOf(opened.path, path);
      const { format } = findResults(place);
      const job = opened.jobs.submit({
        kind: 'import',
        name: name ?? (basename(resolve(place)).slice(0, 200) || 'import'),
        source: isAbsolute(path) ? place : path,
        format,
      });
      opened.changed('jobs');
      return jobRow(job, [], opened.jobs);
    },
  };
}

/** An absolute path is one that the user chose; what is named from the project lies inside it. */
function placeOf(projectPath: string, path: string): string {
  return isAbsolute(path) ? path : insideProject(projectPath, path);
}
