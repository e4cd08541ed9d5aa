import type { QueryHandler } from './queries/handler.ts';

/** Joins registries of queries into one. @throws Error for a query that is registered twice. */
export function joinQueries(
  ...registries: readonly Readonly<Record<string, QueryHandler>>[]
): Readonly<Record<string, QueryHandler>> {
  const joined: Record<string, QueryHandler> = {};
  for (const registry of registries)
    for (const [name, handler] of Object.entries(registry)) {
      if (Object.hasOwn(joined, name)) throw new Error(`The query '${name}' is registered twice.`);
      joined[name] = handler;
    }
  return joined;
}
