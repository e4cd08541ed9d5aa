import { join } from 'node:path';
import { regress } from '../../compute/regression/regress.ts';
import { stopped, type JobControl } from '../control.ts';
import { writeFileAtomically } from '../files.ts';
import { newId } from '../ids.ts';
import { jobFiles } from '../job-folder.ts';
import type { JobIo } from '../job-io.ts';
import type { JobAssignment } from '../protocol.ts';
import { describeInputs, describeSurroundings, writeProvenance } from '../provenance.ts';
import { writeResult } from '../result.ts';
import { driveJob, readJobTable } from './drive-job.ts';
import { namingTable } from './queries/fits.ts';

/** A regression as a job: for specs that come from files, so that they run and are kept as any other. */
export async function runRegressJob(
  assignment: JobAssignment,
  control: JobControl,
  io: JobIo,
): Promise<void> {
  const { folder, job, attempt, projectPath, spec } = assignment;
  if (spec.kind !== 'regress') throw new Error(`A ${spec.kind} job was given to regress.`);
  writeFileAtomically(join(folder, jobFiles.spec), JSON.stringify(spec));
  io.started({ name: 'float64', device: 'CPU', version: process.versions.node, threads: 1 }, null);
  const table = await readJobTable(projectPath, spec.table, control);
  const fit = await driveJob(regress(table, spec), control).catch((error: unknown) => {
    throw namingTable(spec.table, error);
  });
  if ((await control.next()) === 'stop') throw stopped();
  const detail = { ...fit, id: newId('fit'), name: spec.name, createdAt: Date.now() };
  writeFileAtomically(join(folder, jobFiles.fit), JSON.stringify(detail));
  const inputs = await describeInputs(projectPath, [spec.table]);
  writeProvenance(folder, { spec, inputs, ...describeSurroundings(projectPath) });
  const files = [
    { kind: 'fit', path: jobFiles.fit },
    { kind: 'provenance', path: jobFiles.provenance },
  ];
  writeResult(folder, { job, attempt, featureTokens: 0, context: 0, runs: [] }, files);
}
