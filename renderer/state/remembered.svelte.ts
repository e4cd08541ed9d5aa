import { untrack } from 'svelte';

/**
 * A setting of the page that outlives it, kept in the browser under `assay.NAME`. What is read back is
 * checked like any other input. A browser that keeps nothing is no reason to fail.
 */
export class Remembered<T> {
  readonly #key: string;
  #value: T;
  readonly #version = $state({ n: 0 });

  /** @param check turns what was read into a value, or into the default where it is none. */
  constructor(name: string, initial: T, check: (value: unknown) => T) {
    this.#key = `assay.${name}`;
    this.#value = initial;
    try {
      const text = localStorage.getItem(this.#key);
      if (text !== null) this.#value = check(JSON.parse(text));
    } catch {
      // Not readable: the default stands.
    }
  }

  get value(): T {
    void this.#version.n;
    return this.#value;
  }

  set value(value: T) {
    this.#value = value;
    // An effect that remembers something must not depend on having done so.
    untrack(() => this.#version.n++);
    try {
      localStorage.setItem(this.#key, JSON.stringify(value));
    } catch {
      // Full or forbidden: the setting holds for this visit.
    }
  }
}
