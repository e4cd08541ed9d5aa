import { asAppError } from './errors.ts';

export interface Message {
  readonly id: number;
  readonly kind: 'info' | 'error';
  readonly title: string;
  readonly text: string;
  readonly action?: { readonly label: string; run(): void };
}

const infoMilliseconds = 6000;

/** Short messages at the edge of the page. Errors stay until they are closed. */
export class Messages {
  #list = $state.raw<readonly Message[]>([]);
  #next = 1;

  get list(): readonly Message[] {
    return this.#list;
  }

  say(title: string, options: { text?: string; action?: Message['action'] } = {}): void {
    const { text = '', action } = options;
    const id = this.#add({ kind: 'info', title, text, ...(action ? { action } : {}) });
    setTimeout(() => this.close(id), infoMilliseconds);
  }

  /** Tells what failed and why; what was cancelled on purpose is no failure. */
  fail(title: string, cause: unknown): void {
    const error = asAppError(cause);
    if (error.code !== 'cancelled') this.#add({ kind: 'error', title, text: error.message });
  }

  close(id: number): void {
    this.#list = this.#list.filter((message) => message.id !== id);
  }

  #add(message: Omit<Message, 'id'>): number {
    const id = this.#next++;
    this.#list = [...this.#list.slice(-3), { id, ...message }];
    return id;
  }
}
