import type { Output as Answer } from '../../shared/contract/index.ts';
import type { Output } from './cli/output.ts';
import type { HostClient } from './with-host.ts';

/** Imports the dictionaries of a file or folder and shows how far it is. @throws AppError */
export async function importDictionaries(
  client: HostClient,
  wanted: { readonly project: string; readonly path: string },
  output: Output,
  signal: AbortSignal,
): Promise<Answer<'dictionaries.import'>> {
  const stop = client.subscribe(
    'dictionaries.importing',
    { project: wanted.project },
    { event: ({ progress }) => output.progress(progress), missed: () => undefined },
  );
  try {
    return await client.call('dictionaries.import', wanted, { signal, timeout: null });
  } finally {
    stop();
  }
}
