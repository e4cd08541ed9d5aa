import { join } from 'node:path';
import { stopped, type JobControl } from '../control.ts';
import { writeFileAtomically } from '../files.ts';
import { newId } from '../ids.ts';
import { jobFiles } from '../job-folder.ts';
import type { JobIo } from '../job-io.ts';
import type { JobAssignment } from '../protocol.ts';
import { describeInputs, describeSurroundings, writeProvenance } from '../provenance.ts';
import { writeResult } from '../result.ts';
import { create } from './queries/fits.ts';

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
  const abort = new AbortController();
  const watch = setInterval(() => control.stopRequested && abort.abort(stopped()), 100);
  try {
    const fit = await create(
      { projectPath, spec },
      {
        signal: abort.signal,
        report: (done, total) => control.progress('fitting', done, total, 'steps'),
      },
    );
    if ((await control.next()) === 'stop') throw stopped();
    const detail = { ...fit, id: newId('fit'), name: spec.name, createdAt: Date.now() };
    writeFileAtomically(join(folder, jobFiles.fit), JSON.stringify(detail));
  } finally {
    clearInterval(watch);
  }
  const inputs = await describeInputs(projectPath, [spec.table]);
  writeProvenance(folder, { spec, inputs, ...describeSurroundings(projectPath) });
  const files = [
    { kind: 'fit', path: jobFiles.fit },
    { kind: 'provenance', path: jobFiles.provenance },
  ];
  writeResult(folder, { job, attempt, featureTokens: 0, context: 0, runs: [] }, files);
}
