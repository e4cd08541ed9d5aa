import { rmSync, readdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { ImportFormat } from '../../../../shared/domain/import-spec.ts';
import { AppError } from '../../../../shared/errors.ts';
import { findResults, type DetectedResults } from '../../../formats/results/detect-results.ts';
import { readCsvCurves } from '../../../formats/runs/csv-curves.ts';
import type { ForeignRun } from '../../../formats/runs/foreign-run.ts';
import { readJsonlCurves } from '../../../formats/runs/jsonl-curves.ts';
import { readSaeBench } from '../../../formats/runs/sae-bench.ts';
import { readTensorboard } from '../../../formats/runs/tensorboard.ts';
import { readWandbFile } from '../../../formats/runs/wandb-offline.ts';
import { stopped, type JobControl } from '../../control.ts';
import { ImportFolder } from '../../import-folder.ts';
import { jobFiles } from '../../job-folder.ts';
import type { JobIo } from '../../job-io.ts';
import type { JobAssignment } from '../../protocol.ts';
import { importDashboard } from './import-dashboards.ts';
import { describeFiles } from './describe-files.ts';

/** Reads runs, one after the other, so that only one is open. */
type ReadRuns = (path: string, files: readonly string[]) => AsyncIterable<ForeignRun>;

const readers: Readonly<Partial<Record<ImportFormat, ReadRuns>>> = {
  'wandb-offline': async function* (_path, files) {
    for (const file of files) yield readWandbFile(file);
  },
  tensorboard: async function* (path, files) {
    yield* readTensorboard(path, files);
  },
  'csv-curves': async function* (_path, files) {
    for (const file of files) yield* await readCsvCurves(file);
  },
  'jsonl-curves': async function* (_path, files) {
    for (const file of files) yield* await readJsonlCurves(file);
  },
  saebench: async function* (_path, files) {
    yield* readSaeBench(files);
  },
};

/**
 * Reads what another tool made and leaves it in the job's folder as a training would leave its results.
 * Stopped, it leaves nothing; started again, it begins anew.
 */
export async function runImportJob(
  assignment: JobAssignment,
  control: JobControl,
  io: JobIo,
): Promise<void> {
  const { spec, folder, projectPath, job, attempt } = assignment;
  if (spec.kind !== 'import') throw new Error(`A ${spec.kind} job was given to the import.`);
  const path = isAbsolute(spec.source) ? spec.source : join(projectPath, spec.source);
  const found = findResults(path);
  if (spec.format !== undefined && spec.format !== found.format)
    throw new AppError('bad-spec', `${path} is no ${spec.format} any more: ${found.reason}`, {
      file: path,
      place: 'format',
    });
  clear(folder);
  io.started({ name: 'reader', device: 'CPU', version: process.versions.node, threads: 1 }, null);
  io.log('info', found.reason);
  const beat = async () => {
    if ((await control.next()) === 'stop') throw stopped();
  };
  const place = { job, attempt, folder, projectPath, spec, format: found.format, beat };
  const imported = new ImportFolder(place);
  if (found.format === 'saedashboard' || found.format === 'neuronpedia') {
    const { files, ...features } = await importDashboard(found, {
      folder,
      imported,
      control,
      beat,
    });
    imported.finish(await describeFiles(files, control, beat), features);
    return;
  }
  await importRunsOf(path, found, imported, { beat, control });
  imported.finish(await describeFiles(found.files, control, beat));
}

interface Steps {
  readonly beat: () => Promise<void>;
  readonly control: JobControl;
}

async function importRunsOf(
  path: string,
  { format, files }: DetectedResults,
  imported: ImportFolder,
  { beat, control }: Steps,
): Promise<void> {
  const read = readers[format];
  if (!read) throw new AppError('unsupported', `Results of ${format} are not read from files.`);
  for await (const run of read(path, files)) {
    await beat();
    await imported.addRun(run);
    control.progress('reading', imported.runs, Math.max(files.length, imported.runs), 'runs');
  }
  if (imported.runs === 0)
    throw new AppError('bad-input', `${path} holds no runs.`, { file: path });
}

/** What an attempt before this one left, but for the log. */
function clear(folder: string): void {
  for (const name of readdirSync(folder))
    if (name !== jobFiles.log) rmSync(join(folder, name), { recursive: true, force: true });
}
