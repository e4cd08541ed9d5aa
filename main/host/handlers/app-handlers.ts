import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, type Dirent } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { AppError, fileError } from '../../../shared/errors.ts';
import { removeQuietly } from '../../jobs/files.ts';
import type { QueryOutput } from '../../jobs/queries.ts';
import type { QueryService } from '../../jobs/query-service.ts';
import { ask } from '../ask.ts';
import type { HostOptions } from '../options.ts';
import { checkFolder } from '../project.ts';
import type { RecentProjects } from '../recent.ts';
import { fileSize } from '../scan/finding.ts';
import { describeVersions } from '../versions.ts';
import type { HandlerGroup } from './group.ts';

const maxFolders = 2000;

export function appHandlers(parts: {
  options: HostOptions;
  recent: RecentProjects;
  queries: QueryService;
}): HandlerGroup<'app'> {
  const { options, recent, queries } = parts;
  const sample = join(options.paths.resources, 'sample');
  let engines: Promise<QueryOutput<'engines'>> | undefined;
  return {
    'app.info': async () => {
      // Engines do not come and go: they are looked for once, and again after a failure.
      engines ??= ask(queries, 'engines', {});
      engines.catch(() => (engines = undefined));
      return {
        version: options.version,
        shell: options.shell,
        electron: options.electron,
        ...describeVersions(),
        sampleProject: existsSync(sample) ? sample : null,
        ...(await engines),
      };
    },
    'app.recent': () => Promise.resolve(recent.list()),
    'app.forgetRecent': ({ path }) => {
      recent.forget(path);
      return Promise.resolve(null);
    },
    'app.chooseFolder': () => {
      if (options.chooseFolder) return options.chooseFolder();
      throw new AppError(
        'unsupported',
        'There is no folder dialog here. Choose the folder from the list, or type its path.',
      );
    },
    'app.browse': ({ path, files }) => Promise.resolve(browse(path ?? options.paths.home, files)),
    'app.prepareSample': () => Promise.resolve(copySample(sample, options.paths.userData)),
  };
}

function browse(path: string, withFiles: boolean) {
  const folder = checkFolder(path === '~' ? homedir() : resolve(path));
  const parent = dirname(folder);
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !name.startsWith('.'))
      .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  } catch (error) {
    throw fileError(error, folder);
  }
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const folders = names.slice(0, maxFolders).map((name) => {
    const inner = join(folder, name);
    return { name, path: inner, isProject: existsSync(join(inner, '.assay')) };
  });
  const files = withFiles ? entries.filter((entry) => entry.isFile()).slice(0, maxFolders) : [];
  return {
    path: folder,
    parent: parent === folder ? null : parent,
    folders,
    files: files.map(({ name }) => {
      const inner = join(folder, name);
      return { name, path: inner, bytes: fileSize(inner) ?? 0 };
    }),
  };
}

/** The user's copy of the sample project: made once, and theirs to change from then on. */
function copySample(sample: string, userData: string): string {
  const target = join(userData, 'sample');
  if (existsSync(target)) return target;
  if (!existsSync(sample))
    throw new AppError('not-found', `The sample project is missing from ${dirname(sample)}.`, {
      file: sample,
    });
  const unfinished = `${target}.tmp`;
  try {
    mkdirSync(userData, { recursive: true });
    removeQuietly(unfinished);
    cpSync(sample, unfinished, { recursive: true });
    renameSync(unfinished, target);
    return target;
  } catch (error) {
    removeQuietly(unfinished);
    throw fileError(error, target, 'write');
  }
}
