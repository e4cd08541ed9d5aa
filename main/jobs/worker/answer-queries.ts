import * as v from 'valibot';
import { AppError } from '../../../shared/errors.ts';
import { queries, type QueryHandlers, type QueryName } from '../queries.ts';
import type { QueryHandler } from './run-worker.ts';

type AnyHandler = (input: unknown, context: { readonly signal: AbortSignal }) => Promise<unknown>;

/** Joins registries of query handlers into one, each behind a check of its input. */
export function answerQueries(
  ...registries: readonly Partial<QueryHandlers<QueryName>>[]
): Record<string, QueryHandler> {
  const joined: Record<string, QueryHandler> = {};
  for (const registry of registries)
    for (const [name, handler] of Object.entries(registry)) {
      if (joined[name]) throw new Error(`The query '${name}' is registered twice.`);
      joined[name] = checked(name as QueryName, handler as AnyHandler);
    }
  return joined;
}

function checked(name: QueryName, handler: AnyHandler): QueryHandler {
  return async (input, context) => {
    const parsed = v.safeParse(queries[name].input, input);
    if (parsed.success) return handler(parsed.output, context);
    const issue = parsed.issues[0];
    throw new AppError(
      'bad-input',
      `${name}: ${v.getDotPath(issue) ?? 'input'}: ${issue.message}.`,
    );
  };
}
