import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { getReport, insertReport, listReports } from '../../db/reports.ts';
import type { Clock } from '../../jobs/clock.ts';
import { newId } from '../../jobs/ids.ts';
import type { QueryService } from '../../jobs/query-service.ts';
import { ask } from '../ask.ts';
import type { Blobs } from '../blobs.ts';
import type { HostOptions } from '../options.ts';
import type { Projects } from '../projects.ts';
import { writeReportOf } from '../report-data.ts';
import type { HandlerGroup } from './group.ts';

/** Milliseconds for the diagnostics of one fit: a table of a million rows is read for minutes. */
const patience = 60 * 60_000;

export function reportsHandlers(parts: {
  projects: Projects;
  blobs: Blobs;
  queries: QueryService;
  clock: Clock;
  options: HostOptions;
}): HandlerGroup<'reports'> {
  const { projects, blobs, queries, clock, options } = parts;
  return {
    'reports.create': async ({ project, title, sections }, { signal }) => {
      const opened = await projects.get(project);
      const createdAt = clock.now();
      const id = newId('rep');
      const path = `.assay/reports/${id}.html`;
      const file = join(opened.path, path);
      mkdirSync(dirname(file), { recursive: true });
      const { bytes, sha256 } = await writeReportOf(
        opened,
        file,
        { title, sections, createdAt, version: options.version },
        ({ spec }) => {
          const input = { projectPath: opened.path, spec: { ...spec } };
          return ask(queries, 'fits.diagnostics', input, { signal, timeout: patience });
        },
      );
      const report = { id, title, createdAt, path, bytes, sha256 };
      insertReport(opened.db, report);
      opened.changed('reports');
      return report;
    },
    'reports.list': async ({ project }) => listReports((await projects.get(project)).db),
    'reports.open': async ({ project, report }) => {
      const opened = await projects.get(project);
      const found = getReport(opened.db, report);
      if (!found)
        throw new AppError('not-found', `There is no report ${report} in this project.`, {
          report,
        });
      const handle = blobs.add({
        path: join(opened.path, found.path),
        contentType: 'text/html; charset=utf-8',
        name: `${found.title}.html`,
      });
      return { url: options.blobAddress(handle), bytes: found.bytes };
    },
  };
}
