import type { ImportedDictionary } from '../../shared/contract/dictionaries.ts';
import { hasCode } from '../../shared/errors.ts';
import type { Output } from './cli/output.ts';
import { checkSucceeded, followJob } from './follow-job.ts';
import type { HostClient } from './with-host.ts';

export interface LocalImport {
  readonly dictionaries: readonly ImportedDictionary[];
  readonly runs: readonly string[];
  readonly warnings: readonly string[];
}

/** Imports the dictionaries of a file or folder, or, where there is none, the results that it holds. */
export async function importLocal(
  client: HostClient,
  project: string,
  path: string,
  output: Output,
  signal: AbortSignal,
): Promise<LocalImport> {
  try {
    return { ...(await importDictionaries(client, project, path, output, signal)), runs: [] };
  } catch (error) {
    const isOther = hasCode(error, 'not-found') || hasCode(error, 'unsupported');
    const results = isOther ? await inspectResults(client, project, path, signal) : null;
    if (results === null) throw error;
    output.note(results.reason);
  }
  const job = await client.call('results.import', { project, path }, { signal });
  const ended = await followJob(client, project, job, output, signal);
  checkSucceeded(ended, `assay run --resume ${job.id}`);
  return { dictionaries: [], runs: ended.runs, warnings: [] };
}

/** Null for what is no results, or is not there. */
async function inspectResults(
  client: HostClient,
  project: string,
  path: string,
  signal: AbortSignal,
) {
  return client.call('results.inspect', { project, path }, { signal }).catch(() => null);
}

async function importDictionaries(
  client: HostClient,
  project: string,
  path: string,
  output: Output,
  signal: AbortSignal,
) {
  const stop = client.subscribe(
    'dictionaries.importing',
    { project },
    { event: ({ progress }) => output.progress(progress), missed: () => undefined },
  );
  try {
    const wanted = { project, path };
    return await client.call('dictionaries.import', wanted, { signal, timeout: null });
  } finally {
    stop();
  }
}
