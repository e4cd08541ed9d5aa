import { SvelteMap } from 'svelte/reactivity';
import { visibleText } from '../../shared/text.ts';

/** What things with an id are called, as far as a page has read it: for the way shown above the page. */
export class Names {
  readonly #names = new SvelteMap<string, string>();

  /** The name, or the id where no page has said one yet. */
  of(id: string): string {
    return this.#names.get(id) ?? id;
  }

  /** @param name text of the user, which is made readable */
  set(id: string, name: string): void {
    this.#names.set(id, visibleText(name));
  }
}
