import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { StabilityDetail } from '../../../shared/contract/stability.ts';
import { canonicalJson } from '../../../shared/domain/canonical-json.ts';
import type { StabilitySpec } from '../../../shared/domain/job-spec.ts';
import type { Table } from '../../../shared/domain/table.ts';
import { appVersion } from '../../../shared/version.ts';
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
import { KeptRefits } from './kept-refits.ts';

/**
 * A stability study as a job: thousands of refits on all cores. One that ended early goes on from the
 * refits that it kept, to the same result.
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
  const table = await readJobTable(projectPath, spec.table, control);
  const second =
    spec.secondTable === undefined
      ? undefined
      : await readJobTable(projectPath, spec.secondTable, control);
  const kept = keptRefits(folder, spec, [table, second]);
  const engine = { name: 'float64', device: 'CPU', version: process.versions.node, threads };
  io.started(engine, kept.refits === 0 ? null : kept.refits);
  const save = (): void => {
    kept.save();
    io.checkpointed(kept.refits);
  };
  const pause = async (): Promise<void> => {
    const order = await control.next();
    if (order !== 'continue' || kept.isDue) await control.retrying(save);
    if (order === 'stop') throw stopped();
  };
  const study = await runStudy(table, second, spec, {
    threads,
    pause,
    keep: kept.next,
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
  kept.remove();
}

/** Those of the same spec, tables and version of the program, whose tasks may be cut otherwise. */
function keptRefits(
  folder: string,
  spec: StabilitySpec,
  tables: readonly (Table | undefined)[],
): KeptRefits {
  const about = [spec, appVersion, ...tables.map((table) => table?.sha256 ?? null)];
  const hash = createHash('sha256').update(canonicalJson(about)).digest('hex');
  return new KeptRefits(join(folder, jobFiles.checkpoints), hash);
}
