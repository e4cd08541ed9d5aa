import { onDestroy } from 'svelte';
import { formatKeys, isTyping, KeyReader } from './keys.ts';

/** Something the user can do by its name (in the palette), by key, and from the application's menu. */
export interface Action {
  readonly id: string;
  readonly title: string;
  /** A key, a chord such as `mod+k`, or two keys one after the other such as `g r`. */
  readonly keys?: string;
  readonly group: string;
  run(): void;
  /** Why it cannot be done now; undefined where it can. */
  readonly blocked?: string | undefined;
}

/** All actions that are possible where the user is. Pages add theirs while they are shown. */
export class Actions {
  // Beside the signal: a component that is destroyed reads signals as they were before, and would
  // write back a list without the actions of the view that takes its place.
  #lists: readonly (() => readonly Action[])[] = [];
  #groups = $state.raw<readonly (() => readonly Action[])[]>([]);
  readonly #reader = new KeyReader();

  readonly all = $derived.by(() => {
    // What a page adds later stands before what was there.
    const actions = [...this.#groups].reverse().flatMap((list) => list());
    return actions.filter(({ id }, index) => actions.findIndex((a) => a.id === id) === index);
  });

  /** Adds actions until the answer is called. The list is read anew whenever what it reads changes. */
  add(list: () => readonly Action[]): () => void {
    this.#set([...this.#lists, list]);
    return () => this.#set(this.#lists.filter((other) => other !== list));
  }

  #set(lists: readonly (() => readonly Action[])[]): void {
    this.#lists = lists;
    this.#groups = lists;
  }

  /** Adds actions while the component that calls this is shown. */
  use(list: () => readonly Action[]): void {
    onDestroy(this.add(list));
  }

  /** Runs an action by its id; answers whether there was one that could be run. */
  run(id: string): boolean {
    const action = this.all.find((other) => other.id === id);
    if (!action || action.blocked !== undefined) return false;
    action.run();
    return true;
  }

  /** Keys for people, such as `⌘K` or `g r`. */
  keysOf(id: string): string | undefined {
    const keys = this.all.find((other) => other.id === id)?.keys;
    return keys === undefined ? undefined : formatKeys(keys);
  }

  /** Runs the action of a key press, unless it is text that is being typed. */
  handle(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return;
    const hasModifier = event.ctrlKey || event.metaKey;
    if (isTyping(event.target) && !hasModifier) return;
    const found = this.#reader.read(
      event,
      this.all.filter(({ keys }) => keys !== undefined).map(({ keys }) => keys!),
    );
    if (found === undefined) return;
    if (found === 'partial') return event.preventDefault();
    const action = this.all.find(({ keys, blocked }) => keys === found && blocked === undefined);
    if (!action) return;
    event.preventDefault();
    action.run();
  }
}
