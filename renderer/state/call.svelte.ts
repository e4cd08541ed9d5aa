import { untrack } from 'svelte';
import type { Input, Operations, Output } from '../../shared/contract/index.ts';
import type { AppError } from '../../shared/errors.ts';
import { getApp, type App } from './app.svelte.ts';
import { asAppError } from './errors.ts';
import type { Change } from './session.svelte.ts';

/** A question to the host that a component shows the answer of. */
export class Call<T> {
  #value = $state.raw<T | undefined>();
  #error = $state.raw<AppError | null>(null);
  #isLoading = $state.raw(false);
  #asked = $state.raw(0);

  /** The newest answer; while another is on its way, the one before. */
  get value(): T | undefined {
    return this.#value;
  }

  get error(): AppError | null {
    return this.#error;
  }

  get isLoading(): boolean {
    return this.#isLoading;
  }

  /** Asks again. */
  readonly reload = (): void => {
    this.#asked++;
  };

  /** Shows an answer that is known already, such as that of a change. */
  set(value: T): void {
    this.#value = value;
    this.#error = null;
  }

  /** @internal */
  get asked(): number {
    return this.#asked;
  }

  /** @internal */
  forget(): void {
    this.#value = undefined;
    this.#error = null;
    this.#isLoading = false;
  }

  /** @internal Takes in one question; a later one makes its answer worthless. */
  async follow(ask: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<void> {
    this.#isLoading = true;
    try {
      const value = await ask(signal);
      if (!signal.aborted) this.set(value);
    } catch (error) {
      if (!signal.aborted) this.#error = asAppError(error);
    } finally {
      if (!signal.aborted) this.#isLoading = false;
    }
  }
}

interface CallOptions<T> {
  /** Kinds of changes in the project after which the question is asked again. */
  readonly on?: readonly Change[];
  /** Milliseconds to wait, as while somebody types. */
  readonly wait?: number;
  /** Keeps showing the answer before while a question with another input is on its way. */
  readonly keep?: boolean;
  readonly timeout?: number | null;
  readonly done?: (value: T) => void;
}

/**
 * Asks the host while the component is shown, and again whenever the input changes, the connection
 * comes back, or something changes in the project. An input of null asks nothing.
 */
export function useCall<K extends Operations>(
  operation: K,
  input: () => Input<K> | null,
  options: CallOptions<Output<K>> = {},
): Call<Output<K>> {
  const app = getApp();
  const call = new Call<Output<K>>();
  // Compared as text: an effect must not ask again because an equal object was made anew.
  const question = $derived(JSON.stringify(input()));
  let before: string | undefined;
  $effect(() => {
    const now = question;
    void call.asked;
    watch(app, options.on ?? []);
    const isOther = before !== now;
    before = now;
    return untrack(() => {
      if (now === 'null') return call.forget();
      if (isOther && !options.keep) call.forget();
      const abort = new AbortController();
      const { wait = 0, timeout } = options;
      const settings = timeout === undefined ? {} : { timeout };
      const ask = async (signal: AbortSignal) => {
        const answer = await app.client.call(operation, JSON.parse(now) as Input<K>, {
          signal,
          ...settings,
        });
        options.done?.(answer);
        return answer;
      };
      const start = () => void call.follow(ask, abort.signal);
      const timer = isOther && wait > 0 ? setTimeout(start, wait) : undefined;
      if (timer === undefined) start();
      return () => {
        clearTimeout(timer);
        abort.abort();
      };
    });
  });
  return call;
}

function watch(app: App, changes: readonly Change[]): void {
  void app.connections;
  for (const what of changes) app.session?.version(what);
}
