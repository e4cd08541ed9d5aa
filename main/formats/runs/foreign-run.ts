/** One row of a run's history: the values logged at one step, as the tool wrote them. */
export interface HistoryRow {
  readonly step: number;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * A run that another tool logged, before anything is converted. Readers of files and clients of hubs
 * give it; `convertRun` makes of it what the project keeps.
 */
export interface ForeignRun {
  readonly name: string;
  /** What the tool calls the set that the run belongs to; runs of one set may be replicates. */
  readonly group?: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Final values by name, nested groups allowed. The last of the history stands in for what is missing. */
  readonly summary: Readonly<Record<string, unknown>>;
  /** In the order in which it was logged; read once, and not held in memory. */
  readonly history: Iterable<HistoryRow> | AsyncIterable<HistoryRow>;
  /** Seconds that the run took. */
  readonly seconds?: number | null;
  /** What the reader had to decide or leave out, in sentences. */
  readonly notes?: readonly string[];
}
