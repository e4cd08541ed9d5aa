import { formatAddress, parseAddress, type Address, type Query } from './address.ts';

/**
 * Where the user is. Everything that a link should bring back (page, selection, filter, sort) lives
 * in the fragment of the address, which works alike in both shells and never reaches a server.
 */
export class Router {
  #address = $state.raw<Address>(parseAddress(location.hash));

  constructor() {
    window.addEventListener('hashchange', () => (this.#address = parseAddress(location.hash)));
    window.addEventListener('popstate', () => (this.#address = parseAddress(location.hash)));
  }

  get address(): Address {
    return this.#address;
  }

  get page(): string {
    return this.#address.page;
  }

  get project(): string | null {
    return this.#address.project;
  }

  /** Ids after the page's name, such as a dictionary and a feature. */
  get parts(): readonly string[] {
    return this.#address.parts;
  }

  /** A parameter of the page, or the empty text. */
  text(name: string): string {
    return this.#address.query[name] ?? '';
  }

  /** Goes to a page of the current project; `go('features', ['dict_…', '12'])`. */
  go(page: string, parts: readonly string[] = [], query: Query = {}): void {
    this.visit({ project: this.project, page, parts, query });
  }

  visit(address: Address): void {
    history.pushState(null, '', formatAddress(address));
    this.#address = address;
  }

  /** The address of a page of the current project, for links. */
  href(page: string, parts: readonly string[] = [], query: Query = {}): string {
    return formatAddress({ project: this.project, page, parts, query });
  }

  /**
   * Changes parameters of the page; the empty text takes one away. Replaces the entry in the
   * history: filters that are typed must not fill it.
   */
  set(changes: Readonly<Record<string, string | null>>): void {
    const changed = Object.entries({ ...this.#address.query, ...changes });
    const kept = changed.filter((entry): entry is [string, string] => Boolean(entry[1]));
    const query = Object.fromEntries(kept);
    this.replace({ ...this.#address, query });
  }

  replace(address: Address): void {
    history.replaceState(null, '', formatAddress(address));
    this.#address = address;
  }
}
