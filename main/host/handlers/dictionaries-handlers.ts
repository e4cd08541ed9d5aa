import { mkdirSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { ImportedDictionary } from '../../../shared/contract/dictionaries.ts';
import type { JobProgress } from '../../../shared/contract/jobs.ts';
import { AppError, fileError } from '../../../shared/errors.ts';
import { getDictionarySource } from '../../db/dictionary-sources.ts';
import { listDictionaries } from '../../db/dictionaries.ts';
import type { Clock } from '../../jobs/clock.ts';
import { dictionariesFolder, importedFiles, readImported } from '../../jobs/imported-dictionary.ts';
import type { QueryService } from '../../jobs/query-service.ts';
import { RateMeter } from '../../jobs/rate-meter.ts';
import { ask } from '../ask.ts';
import { exportFromProject, unitOfExport } from '../export-dictionary.ts';
import { registerImported } from '../import-dictionaries.ts';
import type { Project } from '../project.ts';
import type { Projects } from '../projects.ts';
import { findDictionary } from '../read-features.ts';
import type { HandlerGroup } from './group.ts';

/** Large files take long; the one who waits can cancel. */
const patience = 24 * 60 * 60 * 1000;

export function dictionariesHandlers(
  projects: Projects,
  queries: QueryService,
  clock: Clock,
): HandlerGroup<'dictionaries'> {
  return {
    'dictionaries.list': async ({ project }) => listDictionaries((await projects.get(project)).db),
    'dictionaries.get': async ({ project, dictionary }) => {
      const opened = await projects.get(project);
      const { key, ...row } = findDictionary(opened, dictionary);
      return { row, source: getDictionarySource(opened.db, key) ?? null };
    },
    'dictionaries.inspect': async ({ project, path }, { signal }) => {
      await projects.get(project);
      return ask(queries, 'dictionaries.inspect', { path: absolute(path) }, { signal });
    },
    'dictionaries.import': async ({ project, path, source }, { signal }) => {
      const opened = await projects.get(project);
      const folder = dictionariesFolder(opened.path);
      makeFolder(folder);
      const input = { path: absolute(path), source: source ?? path, folder, now: clock.now() };
      const onProgress = progressOf('importing', 'bytes', clock, (progress) =>
        opened.importing(input.source, progress),
      );
      const options = { signal, timeout: patience, onProgress };
      const { dictionaries, warnings } = await ask(queries, 'dictionaries.import', input, options);
      for (const { id } of dictionaries) registerImported(opened.db, opened.path, id);
      opened.changed('features');
      return { dictionaries: dictionaries.map((found) => imported(opened, found)), warnings };
    },
    'dictionaries.export': async ({ project, dictionary, format, path }, { signal }) => {
      const opened = await projects.get(project);
      const wish = {
        dictionary: findDictionary(opened, dictionary),
        format,
        path: path === undefined ? undefined : absolute(path),
      };
      const unit = unitOfExport(format);
      const onProgress = progressOf('exporting', unit, clock, (progress) =>
        opened.exporting(dictionary, progress),
      );
      return exportFromProject(opened, queries, wish, { signal, timeout: patience, onProgress });
    },
  };
}

/** What a page shows of a dictionary that was imported, by its folder. */
function imported(
  { path }: Project,
  { id, wasThere }: { id: string; wasThere: boolean },
): ImportedDictionary {
  const about = readImported(join(dictionariesFolder(path), id));
  const { name, hook, model, dIn, dOut, latents, source } = about;
  const { format, architecture, reason, conversions } = source;
  const place = { name, hook, model };
  const bytes = statSync(join(dictionariesFolder(path), id, importedFiles.dictionary)).size;
  return {
    id,
    ...place,
    format,
    architecture,
    dIn,
    dOut,
    dSae: latents,
    reason,
    conversions,
    bytes,
    wasThere,
  };
}

/** Puts a rate and what remains to how much is done. */
function progressOf(
  phase: string,
  unit: string,
  clock: Clock,
  publish: (progress: JobProgress) => void,
) {
  const meter = new RateMeter();
  return (done: number, total: number) => {
    meter.add(clock.now(), done);
    publish({ phase, done, total, unit, ...meter.outlook(total) });
  };
}

/** @throws AppError `bad-input` for a path that would depend on where the host was started. */
function absolute(path: string): string {
  if (isAbsolute(path)) return resolve(path);
  throw new AppError('bad-input', `${path} is not an absolute path. Give it from the root.`, {
    place: 'path',
  });
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw fileError(error, path, 'write');
  }
}
