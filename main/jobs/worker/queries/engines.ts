import { automaticEngine, engineStatuses } from '../../../compute/engines/open-engine.ts';
import type { QueryOutput } from '../../queries.ts';
import type { QueryHandler } from './handler.ts';

/** `engines`: which engines work on this machine, and which one `auto` means. */
async function engines(): Promise<QueryOutput<'engines'>> {
  return { engines: await engineStatuses(), defaultEngine: automaticEngine() };
}

export const engineQueries: Readonly<Record<string, QueryHandler>> = { engines };
