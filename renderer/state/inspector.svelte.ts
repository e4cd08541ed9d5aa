import { onDestroy, type Snippet } from 'svelte';
import { Remembered } from './remembered.svelte.ts';

/** The pane at the right: what the page has to say about what is selected. */
export class Inspector {
  #content = $state.raw<Snippet | null>(null);
  readonly #open = new Remembered<boolean>('inspector', true, (value) => value !== false);

  get content(): Snippet | null {
    return this.#content;
  }

  get isOpen(): boolean {
    return this.#open.value;
  }

  toggle(): void {
    this.#open.value = !this.#open.value;
  }

  close(): void {
    this.#open.value = false;
  }

  /** Shows a page's snippet while the component that calls this is shown; null for nothing selected. */
  use(content: () => Snippet | null): void {
    $effect(() => {
      this.#content = content();
    });
    onDestroy(() => this.clear());
  }

  clear(): void {
    this.#content = null;
  }
}
