import { SvelteMap } from 'svelte/reactivity';
import type { HubEntry, HubSelection } from '../../../shared/contract/hubs.ts';
import {
  formatHubAddress,
  parseHubAddress,
  type HubName,
} from '../../../shared/domain/hub-address.ts';
import type { AppError } from '../../../shared/errors.ts';
import type { App } from '../../state/app.svelte.ts';
import { asAppError } from '../../state/errors.ts';
import { parentAddress, selectionsOf, withHub } from './hub-selection.ts';

/** What a user sees of one hub: an address, what it holds, and what was chosen of it. Asks when told to. */
export class HubBrowser {
  readonly hub: HubName;
  readonly #app: App;
  readonly #project: string;
  #abort = new AbortController();
  #opened: string | null = null;
  #address = $state.raw<string | null>(null);
  #entries = $state.raw<readonly HubEntry[]>([]);
  #next = $state.raw<string | null>(null);
  #hosts = $state.raw<readonly string[]>([]);
  #error = $state.raw<AppError | null>(null);
  #isLoading = $state.raw(false);
  readonly chosen = new SvelteMap<string, HubEntry>();
  /** As it stands in the field. */
  typed = $state('');

  constructor(app: App, project: string, hub: HubName) {
    this.#app = app;
    this.#project = project;
    this.hub = hub;
  }

  /** What is shown; null before the first question. */
  get address(): string | null {
    return this.#address;
  }

  get entries(): readonly HubEntry[] {
    return this.#entries;
  }

  get hasMore(): boolean {
    return this.#next !== null;
  }

  /** Hosts that were asked since the dialog was opened. */
  get hosts(): readonly string[] {
    return this.#hosts;
  }

  get error(): AppError | null {
    return this.#error;
  }

  get isLoading(): boolean {
    return this.#isLoading;
  }

  get parent(): string | null {
    return this.#address === null ? null : parentAddress(this.#address);
  }

  get selections(): HubSelection[] {
    return selectionsOf([...this.chosen.values()]);
  }

  /** Bytes of the chosen files, as far as the hub tells. */
  get chosenBytes(): number {
    return [...this.chosen.values()].reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  }

  /** Lists what was typed, unless it is what is shown: a field that is left is no question. */
  async commit(text: string): Promise<void> {
    if (withHub(text, this.hub) !== this.#opened) await this.open(text);
  }

  /** Lists an address; what was chosen elsewhere is let go. */
  async open(text: string): Promise<void> {
    const wanted = withHub(text, this.hub);
    if (wanted === '') return;
    this.#error = null;
    let address: string;
    try {
      address = formatHubAddress(parseHubAddress(wanted));
    } catch (error) {
      this.#error = asAppError(error);
      return;
    }
    this.typed = address;
    this.#opened = address;
    this.#entries = [];
    this.#next = null;
    this.chosen.clear();
    this.#address = address;
    await this.#ask(address);
  }

  async more(): Promise<void> {
    if (this.#address !== null && this.#next !== null) await this.#ask(this.#address);
  }

  readonly again = (): void => {
    void (this.#address === null || this.#next === null
      ? this.open(this.#address ?? this.typed)
      : this.more());
  };

  stop(): void {
    this.#abort.abort();
    this.#isLoading = false;
  }

  toggle(entry: HubEntry, isChosen: boolean): void {
    if (isChosen) this.chosen.set(entry.address, entry);
    else this.chosen.delete(entry.address);
  }

  async #ask(address: string): Promise<void> {
    this.#abort.abort();
    const { signal } = (this.#abort = new AbortController());
    this.#isLoading = true;
    this.#error = null;
    const input = { project: this.#project, address, next: this.#next };
    try {
      const page = await this.#app.client.call('hubs.list', input, { signal, timeout: null });
      if (signal.aborted) return;
      this.#entries = [...this.#entries, ...page.entries];
      this.#next = page.next;
      this.#hosts = [...this.#hosts, ...page.hosts.filter((host) => !this.#hosts.includes(host))];
      // The rest of the pages is of the same commit.
      this.#address = page.address;
      for (const entry of page.entries) if (entry.suggested) this.chosen.set(entry.address, entry);
    } catch (error) {
      if (!signal.aborted) this.#error = asAppError(error);
    } finally {
      if (!signal.aborted) this.#isLoading = false;
    }
  }
}
