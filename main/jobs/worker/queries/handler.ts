/** What a query may use beside its input. */
export interface QueryContext {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Reports progress, and what is being done; may be called often. */
  report?(done: number, total: number, phase?: string): void;
}

/**
 * A short calculation that a page or a command waits for. It parses its own input, so that a bug in
 * the host shows as `bad-input` and not as nonsense, and answers with plain data.
 */
export type QueryHandler = (input: unknown, context: QueryContext) => Promise<unknown>;
