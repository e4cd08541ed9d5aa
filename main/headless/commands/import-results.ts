import { readdirSync, statSync } from 'node:fs';
import { importFormatNames } from '../../../shared/domain/import-spec.ts';
import { detectResults, type DetectedResults } from '../../formats/results/detect-results.ts';
import type { Output } from '../cli/output.ts';
import { textTable } from '../cli/text-table.ts';
import { checkSucceeded, followJob } from '../follow-job.ts';
import type { HostClient } from '../with-host.ts';

/**
 * The results of another tool at a path; undefined where there are none, and where files of weights lie
 * beside them: a dictionary that was asked for goes before the logs of its training.
 */
export function resultsAt(path: string): DetectedResults | undefined {
  return holdsWeights(path) ? undefined : detectResults(path);
}

function holdsWeights(path: string): boolean {
  const isWeights = (name: string) => /\.(pt|pth|npz|safetensors|bin)$/.test(name);
  try {
    return statSync(path).isDirectory() ? readdirSync(path).some(isWeights) : isWeights(path);
  } catch {
    return false;
  }
}

/** Reads results into a project as a job, and answers the runs that came of it. @throws AppError */
export async function importResults(
  client: HostClient,
  project: string,
  { path, again }: { readonly path: string; readonly again: boolean },
  found: DetectedResults,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  output.note(`${importFormatNames[found.format]}: ${found.reason}`);
  const job = await client.call('results.import', { project, path, again });
  const ended = await followJob(client, project, job, output, signal);
  checkSucceeded(ended, `assay import ${path}`);
  const details = await Promise.all(
    ended.runs.map((run) => client.call('runs.get', { project, run })),
  );
  const runs = details.map(({ run, importNotes }) => {
    const { id, name, dictionary, metrics } = run;
    return { id, name, dictionary, metrics, notes: importNotes };
  });
  for (const note of new Set(runs.flatMap(({ notes }) => notes))) output.note(note);
  output.answer({ job: ended.id, format: found.format, reason: found.reason, runs }, () =>
    textTable([
      ['run', 'name', 'metrics', 'dictionary'],
      ...runs.map(({ id, name, metrics, dictionary }) => [
        id,
        name,
        Object.keys(metrics).length,
        dictionary,
      ]),
    ]),
  );
}
