import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { StabilityDetail } from '../../../shared/contract/stability.ts';
import { runStudy } from '../../compute/regression/stability/run-study.ts';
import { stopped, type JobControl } from '../control.ts';
import { writeFileAtomically } from '../files.ts';
import { newId } from '../ids.ts';
import { jobFiles } from '../job-folder.ts';
import type { JobIo } from '../job-io.ts';
import type { JobAssignment } from '../protocol.ts';
import { describeInputs, describeSurroundings, writeProvenance } from '../provenance.ts';
import { writeResult } from '../result.ts';
import { readJobTable } from './drive-job.ts';

/**
 * A stability study as a job: thousands of refits on all cores. One that was stopped starts again from
 * its beginning, with the same draws.
 */
export async function runStabilityJob(
  assignment: JobAssignment,
  control: JobControl,
  io: JobIo,
): Promise<void> {
  const { folder, job, attempt, projectPath, spec } = assignment;
  if (spec.kind !== 'stability') throw new Error(`A ${spec.kind} job was given to stability.`);
  writeFileAtomically(join(folder, jobFiles.spec), JSON.stringify(spec));
  const threads = availableParallelism();
  io.started({ name: 'float64', device: 'CPU', version: process.versions.node, threads }, null);
  const pause = async (): Promise<void> => {
    if ((await control.next()) === 'stop') throw stopped();
  };
  const table = await readJobTable(projectPath, spec.table, control);
  const second =
    spec.secondTable === undefined
      ? undefined
      : await readJobTable(projectPath, spec.secondTable, control);
  const study = await runStudy(table, second, spec, {
    threads,
    pause,
    progress: (phase, done, total) => control.progress(phase, done, total, 'refits'),
  });
  await pause();
  const detail: StabilityDetail = {
    ...study,
    id: newId('stability'),
    name: spec.name,
    createdAt: Date.now(),
  };
  writeFileAtomically(join(folder, jobFiles.stability), JSON.stringify(detail));
  const tables = [spec.table, ...(spec.secondTable === undefined ? [] : [spec.secondTable])];
  const inputs = await describeInputs(projectPath, tables);
  writeProvenance(folder, { spec, inputs, ...describeSurroundings(projectPath) });
  const files = [
    { kind: 'stability', path: jobFiles.stability },
    { kind: 'provenance', path: jobFiles.provenance },
  ];
  writeResult(folder, { job, attempt, featureTokens: 0, context: 0, runs: [] }, files);
}
