import { untrack } from 'svelte';
import type { RowSource } from './columns.ts';
import { PageCache, type LoadPage } from './page-cache.ts';

/** A long list of the host as the rows of a table: pages of 200, fetched as they come into view. */
export class PagedRows<Row> implements RowSource<Row> {
  readonly #cache: PageCache<Row>;
  #version = $state(0);
  #question = $state(0);

  constructor(load: LoadPage<Row>, size = 200) {
    this.#cache = new PageCache(load, size, () => untrack(() => this.#version++));
  }

  get total(): number {
    return this.#follow().total;
  }

  get loading(): boolean {
    return this.#follow().loading;
  }

  /** Whether the rows are those of the newest question. */
  get answered(): boolean {
    return this.#follow().answered;
  }

  get error(): unknown {
    return this.#follow().error;
  }

  at(index: number): Row | undefined {
    return this.#follow().at(index);
  }

  need(from: number, to: number): void {
    void this.#question;
    untrack(() => this.#cache.need(from, to));
  }

  range(from: number, to: number, signal?: AbortSignal): Promise<Row[]> {
    return untrack(() => this.#cache.range(from, to, signal));
  }

  /** Asks again, after the order or the filter that `load` reads has changed. */
  reset(): void {
    untrack(() => {
      this.#cache.reset();
      this.#question++;
    });
  }

  #follow(): PageCache<Row> {
    void this.#version;
    return this.#cache;
  }
}
