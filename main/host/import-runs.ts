import type { ImportFormat, ImportSpec } from '../../shared/domain/import-spec.ts';
import { AppError } from '../../shared/errors.ts';
import type { ForeignRun } from '../formats/runs/foreign-run.ts';
import { newId } from '../jobs/ids.ts';
import { ImportFolder } from '../jobs/import-folder.ts';
import type { Clock } from '../jobs/clock.ts';
import { importUnknownFolder } from './import-results.ts';
import type { Project } from './project.ts';

export interface RunsToImport {
  /** What the jobs page calls the import. */
  readonly name: string;
  /** Where the runs come from, such as `wandb:entity/project/run`; shown beside them. */
  readonly source: string;
  readonly format: ImportFormat;
  readonly runs: Iterable<ForeignRun> | AsyncIterable<ForeignRun>;
}

export interface ImportedRuns {
  readonly job: string;
  readonly runs: readonly string[];
}

/**
 * Puts runs of another tool, {config, summary, history}, into a project: all of them or, after an error
 * or a cancel, none. Signs and names are converted (formats/runs/convert-run.ts), replicates form groups,
 * curves become points, and provenance.json says where they came from and what was converted.
 * @throws AppError `bad-input` where there is no run, `cancelled`, and what the source throws.
 */
export async function importRuns(
  project: Project,
  { name, source, format, runs }: RunsToImport,
  { clock, signal }: { readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<ImportedRuns> {
  const job = newId('job');
  const spec: ImportSpec = { kind: 'import', name: name.slice(0, 200), source, format };
  const beat = async () => {
    signal?.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const place = { job, attempt: 1, folder: project.folderOf(job), projectPath: project.path };
  const folder = new ImportFolder({ ...place, spec, format, beat });
  const ids: string[] = [];
  try {
    for await (const run of runs) {
      await beat();
      ids.push(await folder.addRun(run));
    }
    if (ids.length === 0)
      throw new AppError('bad-input', `${source} holds no runs.`, { file: source });
    folder.finish([]);
    await importUnknownFolder(project.db, project.path, job, clock.now());
  } catch (error) {
    folder.discard();
    if (signal?.aborted)
      throw new AppError('cancelled', 'The import was stopped. Nothing was kept.');
    throw error;
  }
  project.changed('jobs');
  project.changed('runs');
  return { job, runs: ids };
}
