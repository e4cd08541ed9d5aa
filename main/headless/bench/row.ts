/** One measurement, as `assay bench NAME --json` prints it. */
export interface Row {
  /** What was measured, with its sizes. */
  readonly name: string;
  readonly engine: string;
  readonly threads: number;
  /** Median over the repetitions, in `unit`. */
  readonly value: number;
  readonly unit: string;
  /** Who ran the same work in between, in words; null where no rival was found. */
  readonly rival: string | null;
  readonly rivalValue: number | null;
  /** Median of value / rivalValue over the repetitions: above 1, we are faster. */
  readonly ratio: number | null;
}

/** What a benchmark needs of the command that runs it. */
export interface BenchContext {
  /** Aborted by Ctrl-C; heeded between two rows. */
  readonly signal: AbortSignal;
  /** Says something beside the rows, such as why there is no rival. */
  readonly note: (text: string) => void;
}

/** A benchmark: takes the sizes that the user gave and answers its rows as they are measured. */
export type Bench = (sizes: readonly string[], context: BenchContext) => AsyncIterable<Row>;

/** The middle value; the mean of the middle two for an even count. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = Math.floor(sorted.length / 2);
  const lower = Math.ceil(sorted.length / 2) - 1;
  return (sorted[lower]! + sorted[upper]!) / 2;
}
