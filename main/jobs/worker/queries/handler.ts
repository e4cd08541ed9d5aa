/** A short calculation that a page or a command waits for, answered by a worker process. */
export type QueryHandler = (
  input: unknown,
  context: { signal: AbortSignal; report?(done: number, total: number): void },
) => Promise<unknown>;
