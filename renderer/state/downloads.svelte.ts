import { SvelteMap } from 'svelte/reactivity';
import type { Client } from '../../shared/contract/connect.ts';
import type { HubTransfer } from '../../shared/contract/hubs.ts';
import type { AssayContract } from '../../shared/contract/index.ts';

/** Downloads from hubs, as they go; those of earlier sessions that did not end among them. */
export class Downloads {
  readonly #client: Client<AssayContract>;
  readonly #project: string;
  readonly #rows = new SvelteMap<string, HubTransfer>();
  readonly #stop: () => void;

  constructor(client: Client<AssayContract>, project: string) {
    this.#client = client;
    this.#project = project;
    this.#stop = client.subscribe(
      'hubs.changed',
      { project },
      { event: (row) => this.#rows.set(row.id, row), missed: () => void this.#read() },
    );
    void this.#read();
  }

  /** Newest first. */
  readonly all = $derived.by(() =>
    [...this.#rows.values()].sort((a, b) => b.createdAt - a.createdAt),
  );

  readonly active = $derived.by(() =>
    this.all.filter(({ state }) => state === 'running' || state === 'importing'),
  );

  /** Shows one that an answer told of. */
  set(row: HubTransfer): void {
    this.#rows.set(row.id, row);
  }

  forget(id: string): void {
    this.#rows.delete(id);
  }

  close(): void {
    this.#stop();
  }

  async #read(): Promise<void> {
    try {
      const rows = await this.#client.call('hubs.transfers', { project: this.#project });
      for (const row of rows) this.#rows.set(row.id, row);
    } catch {
      // The connection is gone; the list is read again when it is back.
    }
  }
}
