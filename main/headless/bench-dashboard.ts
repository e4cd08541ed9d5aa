import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isEnded } from '../../shared/domain/job-state.ts';
import { AppError, errorFromJson } from '../../shared/errors.ts';
import { writeDashboardFiles } from './bench/dashboard-files.ts';
import type { BenchContext, Row } from './bench/row.ts';
import { usage } from './cli/run-cli.ts';
import type { Output } from './cli/output.ts';
import { withHost, type HostClient } from './with-host.ts';

const usualFeatures = 16_000;

/**
 * Seconds from naming a folder of SAEDashboard to the first page of its features and the page of one,
 * through the host and a worker as the app does it. @param sizes number of features
 */
export async function* benchDashboard(
  sizes: readonly string[],
  { note, signal }: BenchContext,
  output: Output,
): AsyncGenerator<Row> {
  const features = Number(sizes[0] ?? usualFeatures);
  if (!Number.isInteger(features) || features < 1)
    throw usage(`'${sizes[0]}' is no number of features.`);
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  try {
    const path = join(folder, 'dashboard');
    const project = join(folder, 'project');
    mkdirSync(path);
    mkdirSync(project);
    writeDashboardFiles(path, features);
    const bytes = readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
    note(`wrote ${features} features, ${(bytes / 1e9).toFixed(2)} GB`);
    signal.throwIfAborted();
    const seconds = await withHost(output, (client) => measure(client, project, path, features));
    yield {
      name: `dashboard ${features} features, ${(bytes / 1e9).toFixed(2)} GB`,
      engine: 'reader',
      threads: 1,
      value: seconds,
      unit: 's',
      rival: null,
      rivalValue: null,
      ratio: null,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(
  client: HostClient,
  folder: string,
  path: string,
  features: number,
): Promise<number> {
  const { id: project } = await client.call('project.open', { path: folder });
  const start = performance.now();
  const { id } = await client.call('results.import', { project, path });
  for (;;) {
    const job = await client.call('jobs.get', { project, job: id });
    if (job.error) throw errorFromJson(job.error);
    if (isEnded(job.state)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const [found] = await client.call('dictionaries.list', { project });
  if (!found) throw new AppError('internal', 'The import left no dictionary.');
  const dictionary = found.id;
  const page = {
    project,
    dictionary,
    sort: 'max',
    descending: true,
    offset: 0,
    limit: 100,
  } as const;
  const { total, rows } = await client.call('features.page', page);
  if (total !== features)
    throw new AppError('internal', `${total} features instead of ${features}.`);
  await client.call('features.get', { project, dictionary, feature: rows[0]!.feature });
  return (performance.now() - start) / 1000;
}
