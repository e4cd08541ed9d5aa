import type { MapAnswer, MapInput } from '../../../shared/contract/maps.ts';
import type { AppError } from '../../../shared/errors.ts';
import { getApp } from '../../state/app.svelte.ts';
import { asAppError } from '../../state/errors.ts';

/** A map that is being made for the page: how far it is, and how to stop it. */
export class MapMaker {
  readonly #app = getApp();
  #running = $state.raw<{ abort: AbortController; started: number } | null>(null);
  #progress = $state.raw<{ done: number; total: number; seconds: number } | null>(null);
  #error = $state.raw<AppError | null>(null);

  get isRunning(): boolean {
    return this.#running !== null;
  }

  get error(): AppError | null {
    return this.#error;
  }

  get progress(): { done: number; total: number } | null {
    return this.#progress;
  }

  /** Seconds, from the pace so far; null before there is one. */
  get remaining(): number | null {
    if (!this.#progress || this.#progress.done === 0) return null;
    const { done, total, seconds } = this.#progress;
    return (seconds / done) * (total - done);
  }

  async make(input: MapInput, done: (map: MapAnswer) => void): Promise<void> {
    this.stop();
    const abort = new AbortController();
    const started = performance.now();
    this.#running = { abort, started };
    this.#progress = null;
    this.#error = null;
    const stop = this.#app.client.subscribe('maps.progress', input, {
      event: (progress) => {
        const seconds = (performance.now() - started) / 1000;
        if (!abort.signal.aborted) this.#progress = { ...progress, seconds };
      },
      missed: () => undefined,
    });
    try {
      const map = await this.#app.client.call('maps.make', input, {
        signal: abort.signal,
        timeout: null,
      });
      if (!abort.signal.aborted) done(map);
    } catch (error) {
      if (!abort.signal.aborted) this.#error = asAppError(error);
    } finally {
      stop();
      if (this.#running?.abort === abort) this.#running = null;
    }
  }

  readonly stop = (): void => {
    this.#running?.abort.abort();
    this.#running = null;
  };
}
