import { basename, isAbsolute, resolve } from 'node:path';
import { detectResults, findResults } from '../../formats/results/detect-results.ts';
import { AppError } from '../../../shared/errors.ts';
import { findEarlierImport, type EarlierImport } from '../earlier-import.ts';
import { jobRow } from '../job-rows.ts';
import { insideProject } from '../paths.ts';
import type { Projects } from '../projects.ts';
import type { HandlerGroup } from './group.ts';

export function resultsHandlers(projects: Projects): HandlerGroup<'results'> {
  return {
    'results.inspect': async ({ project, path }) => {
      const opened = await projects.get(project);
      const place = placeOf(opened.path, path);
      const found = detectResults(place);
      if (!found) return null;
      return { ...found, files: found.files.length, earlier: findEarlierImport(opened, place) };
    },
    'results.import': async ({ project, path, name, again = false }) => {
      const opened = await projects.get(project);
      const place = placeOf(opened.path, path);
      const { format } = findResults(place);
      const earlier = again ? null : findEarlierImport(opened, place);
      if (earlier) throw isHere(path, earlier);
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

function isHere(path: string, { job, name, runs, at }: EarlierImport): AppError {
  const day = new Date(at).toISOString().slice(0, 10);
  const what = runs.length === 1 ? `run ${runs[0]!}` : `${runs.length} runs`;
  return new AppError(
    'not-allowed-now',
    `${path} is in the project already: '${name}' of ${day} brought it in as ${what}, and its files have not changed since. Ask for it again (--again) to have it twice.`,
    { job, runs },
  );
}

/** An absolute path is one that the user chose; what is named from the project lies inside it. */
function placeOf(projectPath: string, path: string): string {
  return isAbsolute(path) ? path : insideProject(projectPath, path);
}
