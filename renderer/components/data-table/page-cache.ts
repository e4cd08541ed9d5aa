export interface Page<Row> {
  readonly total: number;
  readonly rows: readonly Row[];
}

export type LoadPage<Row> = (
  offset: number,
  limit: number,
  signal: AbortSignal,
) => Promise<Page<Row>>;

/**
 * Pages of a long list, fetched as they come into view, and while one scrolls the page that comes next.
 * A page that has left the view before it came is cancelled. After `reset` the old rows stay until the first new ones are here, so that another
 * order does not flash an empty table; answers to questions asked before it are thrown away.
 */
export class PageCache<Row> {
  total = 0;
  error: unknown = null;

  readonly #load: LoadPage<Row>;
  readonly #size: number;
  readonly #changed: () => void;
  #pages = new Map<number, readonly Row[]>();
  #fetches = new Map<number, AbortController>();
  /** The pages are answers to the question before the last reset. */
  #stale = true;
  /** The first row that was needed last. */
  #from = 0;

  constructor(load: LoadPage<Row>, size: number, changed: () => void) {
    this.#load = load;
    this.#size = size;
    this.#changed = changed;
  }

  get loading(): boolean {
    return this.#fetches.size > 0;
  }

  /** Whether the current question has had any answer. */
  get answered(): boolean {
    return !this.#stale;
  }

  at(index: number): Row | undefined {
    return this.#pages.get(Math.floor(index / this.#size))?.[index % this.#size];
  }

  /** Fetches what is missing of rows `from` to `to` (not included). A failed page waits for `reset`. */
  need(from: number, to: number): void {
    const first = Math.floor(Math.max(0, from) / this.#size);
    const end = this.#stale ? to : Math.min(to, this.total);
    const last = Math.max(first, Math.ceil(end / this.#size) - 1);
    for (const [page, fetch] of this.#fetches) {
      if (page >= first - 1 && page <= last + 1) continue;
      this.#fetches.delete(page);
      fetch.abort();
    }
    const moved = from - this.#from;
    this.#from = from;
    if (this.error !== null) return;
    for (let page = first; page <= last; page++) this.#want(page);
    if (this.#stale || moved === 0 || Math.abs(moved) > this.#size) return;
    const next = moved > 0 ? last + 1 : first - 1;
    if (next >= 0 && next * this.#size < this.total) this.#want(next);
  }

  #want(page: number): void {
    const known = !this.#stale && this.#pages.has(page);
    if (!known && !this.#fetches.has(page)) void this.#fetch(page);
  }

  /** Rows from anywhere; those that are not here are fetched and not kept. */
  async range(from: number, to: number, signal = new AbortController().signal): Promise<Row[]> {
    const rows: Row[] = [];
    for (let at = from; at < to && !signal.aborted;) {
      const page = Math.floor(at / this.#size);
      const start = page * this.#size;
      const known = this.#stale ? undefined : this.#pages.get(page);
      const found = known ?? (await this.#load(start, this.#size, signal)).rows;
      const part = found.slice(at - start, Math.min(to - start, this.#size));
      rows.push(...part);
      if (found.length < this.#size) break;
      at += part.length;
    }
    signal.throwIfAborted();
    return rows;
  }

  /** Forgets everything that was asked; the next `need` asks anew. */
  reset(): void {
    for (const fetch of this.#fetches.values()) fetch.abort();
    this.#fetches.clear();
    this.#stale = true;
    this.error = null;
    this.#changed();
  }

  async #fetch(page: number): Promise<void> {
    const fetch = new AbortController();
    this.#fetches.set(page, fetch);
    this.#changed();
    try {
      const answer = await this.#load(page * this.#size, this.#size, fetch.signal);
      if (this.#fetches.get(page) !== fetch) return;
      if (this.#stale) this.#pages.clear();
      this.#stale = false;
      this.total = answer.total;
      this.#pages.set(page, answer.rows);
    } catch (error) {
      if (this.#fetches.get(page) !== fetch) return;
      this.error = error;
    }
    this.#fetches.delete(page);
    this.#changed();
  }
}
