import { ask } from '../../host/ask.ts';
import { systemClock } from '../../jobs/clock.ts';
import type { QueryInput, QueryName, QueryOutput } from '../../jobs/queries.ts';
import { QueryService, type QueryOptions } from '../../jobs/query-service.ts';
import { forkLauncher } from '../launcher.ts';

/** Hours, in milliseconds: a command is waited for as long as its user wants to. */
const patience = 7 * 24 * 60 * 60 * 1000;

/** Asks one calculation of a worker that is started for it. @throws AppError */
export async function askWorker<K extends QueryName>(
  name: K,
  input: QueryInput<K>,
  signal: AbortSignal,
  onProgress?: QueryOptions['onProgress'],
): Promise<QueryOutput<K>> {
  const service = new QueryService(forkLauncher(process.env['ASSAY_WORKER']), systemClock);
  try {
    return await ask(service, name, input, {
      signal,
      timeout: patience,
      ...(onProgress && { onProgress }),
    });
  } finally {
    await service.settle();
    service.close();
  }
}
