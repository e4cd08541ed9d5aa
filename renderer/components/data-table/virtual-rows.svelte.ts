import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualItem,
  type VirtualizerOptions,
} from '@tanstack/virtual-core';
import { untrack } from 'svelte';

interface Options {
  readonly count: number;
  readonly rowHeight: number;
  readonly element: HTMLElement | undefined;
}

/** The rows that are in view, of any number. Made while a component is; reads its options anew. */
export class VirtualRows {
  readonly #virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  #version = $state(0);

  constructor(options: () => Options) {
    this.#virtualizer = new Virtualizer(untrack(() => this.#resolve(options())));
    $effect(() => this.#virtualizer._didMount());
    $effect(() => {
      this.#virtualizer.setOptions(this.#resolve(options()));
      this.#virtualizer._willUpdate();
      this.#virtualizer.measure();
    });
  }

  get items(): VirtualItem[] {
    void this.#version;
    return this.#virtualizer.getVirtualItems();
  }

  #resolve({ count, rowHeight, element }: Options): VirtualizerOptions<HTMLElement, HTMLElement> {
    return {
      count,
      getScrollElement: () => element ?? null,
      estimateSize: () => rowHeight,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      overscan: 8,
      onChange: () => untrack(() => this.#version++),
    };
  }
}
