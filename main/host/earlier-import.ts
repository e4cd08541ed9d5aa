import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { listJobs } from '../db/jobs.ts';
import { listRunsOfJob } from '../db/runs.ts';
import { inputsOf, readProvenance, type InputFile } from '../jobs/provenance.ts';
import { insideProject } from './paths.ts';
import { folderOf, type ProjectView } from './project-view.ts';

/** An import that read the same files. */
export interface EarlierImport {
  readonly job: string;
  readonly name: string;
  readonly runs: string[];
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * The newest import of the file or folder at `place`, where none of the files that it read has changed in
 * size or time since; null where there is none.
 */
export function findEarlierImport(view: ProjectView, place: string): EarlierImport | null {
  const wanted = resolve(place);
  for (const { id, name, spec, state, createdAt } of listJobs(view.db)) {
    if (spec.kind !== 'import' || state !== 'succeeded') continue;
    if (placeOfSource(view.path, spec.source) !== wanted) continue;
    const runs = listRunsOfJob(view.db, id).map((run) => run.id);
    if (runs.length > 0 && isUnchanged(inputsRead(view, id)))
      return { job: id, name, runs, at: createdAt };
  }
  return null;
}

function inputsRead(view: ProjectView, job: string): InputFile[] {
  try {
    return inputsOf(readProvenance(folderOf(view, job)));
  } catch {
    // Where it does not say what it read, it is taken for another.
    return [];
  }
}

function isUnchanged(inputs: readonly InputFile[]): boolean {
  return (
    inputs.length > 0 &&
    inputs.every(({ path, bytes, modified }) => {
      const info = statSync(path, { throwIfNoEntry: false });
      return info?.size === bytes && Math.round(info.mtimeMs) === modified;
    })
  );
}

/** Undefined for the address of a hub, and for what does not lie in the project any more. */
function placeOfSource(projectPath: string, source: string): string | undefined {
  if (isAbsolute(source)) return resolve(source);
  try {
    return resolve(insideProject(projectPath, source));
  } catch {
    return undefined;
  }
}
