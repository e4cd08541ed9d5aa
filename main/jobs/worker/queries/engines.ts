import { defaultEngine, engineStatuses } from '../../../compute/engines/open-engine.ts';
import type { QueryHandlers } from '../../queries.ts';

export const engineQueries: QueryHandlers<'engines'> = {
  engines: async () => ({ engines: await engineStatuses(), defaultEngine }),
};
