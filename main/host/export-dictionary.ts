import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ExportedDictionary } from '../../shared/contract/dictionaries.ts';
import {
  dashboardFormats,
  type DashboardFormat,
  type ExportFormat,
} from '../../shared/domain/dictionary-form.ts';
import { AppError } from '../../shared/errors.ts';
import type { StoredDictionary } from '../db/dictionaries.ts';
import type { QueryOptions, QueryService } from '../jobs/query-service.ts';
import { ask } from './ask.ts';
import { exportDashboard } from './export-dashboard.ts';
import type { ProjectView } from './project-view.ts';
import { dictionaryFile } from './read-features.ts';

/** Where exports lie that were given no folder. */
export function exportsFolder(projectPath: string): string {
  return join(projectPath, '.assay', 'exports');
}

export interface ExportWish {
  readonly dictionary: StoredDictionary;
  readonly format: ExportFormat | DashboardFormat;
  /** A new folder in `.assay/exports` where not given. */
  readonly path?: string | undefined;
}

/**
 * Writes a dictionary, or its features as a dashboard, into a folder; nothing in it is replaced.
 * @throws AppError `unsupported` for weights or features that are not here, and what the writers say.
 */
export async function exportFromProject(
  view: ProjectView,
  queries: QueryService,
  wish: ExportWish,
  options: QueryOptions & { readonly signal: AbortSignal },
): Promise<ExportedDictionary> {
  const { dictionary, format } = wish;
  const path = wish.path ?? newFolder(view.path, dictionary.name, format);
  if (isDashboard(format)) {
    const { files } = await exportDashboard(view, dictionary, format, path, options);
    return { path, files, warnings: [] };
  }
  const file = dictionaryFile(view, dictionary);
  if (!existsSync(file))
    throw new AppError(
      'unsupported',
      `The weights of ${dictionary.name} are not in the project: a dashboard tells of features alone. Export it as a dashboard, or import its weights.`,
      { dictionary: dictionary.id },
    );
  const { name, hook, model } = dictionary;
  const input = { dictionary: file, place: { name, hook, model }, format, out: path };
  return ask(queries, 'dictionaries.export', input, options);
}

/** What the progress of an export counts. */
export function unitOfExport(format: ExportFormat | DashboardFormat): 'features' | 'bytes' {
  return isDashboard(format) ? 'features' : 'bytes';
}

function isDashboard(format: ExportFormat | DashboardFormat): format is DashboardFormat {
  return dashboardFormats.some((known) => known === format);
}

/** A folder that is not there yet, named by what is written. */
function newFolder(projectPath: string, name: string, format: string): string {
  const plain = name.replaceAll(/[^\w.-]+/g, '-').replaceAll(/^[-.]+|[-.]+$/g, '');
  const start = `${plain.slice(0, 80) || 'dictionary'}-${format}`;
  for (let count = 1; ; count++) {
    const path = join(exportsFolder(projectPath), count === 1 ? start : `${start}-${count}`);
    if (!existsSync(path)) return path;
  }
}
