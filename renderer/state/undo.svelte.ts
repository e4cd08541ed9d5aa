import type { Messages } from './messages.svelte.ts';

interface Undoable {
  readonly title: string;
  undo(): Promise<void>;
}

const keep = 100;

/** What the user did and can take back, newest last. */
export class UndoStack {
  readonly #messages: Messages;
  #done = $state.raw<readonly Undoable[]>([]);

  constructor(messages: Messages) {
    this.#messages = messages;
  }

  /** What `undo` would take back now. */
  get next(): string | undefined {
    return this.#done.at(-1)?.title;
  }

  /** Remembers what was just done; says so, with a way back. */
  did(title: string, undo: () => Promise<void>): void {
    this.#done = [...this.#done.slice(-keep), { title, undo }];
    this.#messages.say(title, { action: { label: 'Undo', run: () => void this.undo() } });
  }

  async undo(): Promise<void> {
    const last = this.#done.at(-1);
    if (!last) return;
    this.#done = this.#done.slice(0, -1);
    try {
      await last.undo();
      this.#messages.say(`Taken back: ${last.title}`);
    } catch (error) {
      this.#messages.fail(`Could not be taken back: ${last.title}`, error);
    }
  }

  clear(): void {
    this.#done = [];
  }
}
