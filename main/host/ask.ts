import * as v from 'valibot';
import { AppError } from '../../shared/errors.ts';
import { queries, type QueryInput, type QueryName, type QueryOutput } from '../jobs/queries.ts';
import type { QueryOptions, QueryService } from '../jobs/query-service.ts';

/** Asks a calculation of the worker and checks what comes back. @throws AppError */
export async function ask<K extends QueryName>(
  service: QueryService,
  name: K,
  input: QueryInput<K>,
  options: QueryOptions = {},
): Promise<QueryOutput<K>> {
  const answer = await service.ask(name, input, options);
  const parsed = v.safeParse(queries[name].output, answer);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw new AppError(
    'bad-output',
    `The calculation '${name}' gave an answer that is not as promised: ${v.getDotPath(issue) ?? 'answer'}: ${issue.message}.`,
    { name },
  );
}
