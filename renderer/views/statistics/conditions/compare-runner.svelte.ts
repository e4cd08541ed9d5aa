import type { EvaluationDetail } from '../../../../shared/contract/evaluations.ts';
import type { EvaluationSpec } from '../../../../shared/domain/evaluation.ts';
import type { AppError } from '../../../../shared/errors.ts';
import type { App } from '../../../state/app.svelte.ts';
import { asAppError } from '../../../state/errors.ts';

interface Progress {
  readonly done: number;
  readonly total: number;
  readonly startedAt: number;
  /** Samples per second, and seconds that are left. */
  readonly rate: number | null;
  readonly remaining: number | null;
}

const askEvery = 500;

/** Makes a comparison when asked to, says how far it is, and can be cancelled. */
export class CompareRunner {
  readonly #app: App;
  readonly #project: string;
  readonly #made: (evaluation: EvaluationDetail) => void;
  #abort = $state.raw<AbortController | null>(null);
  #error = $state.raw<AppError | null>(null);
  #progress = $state.raw<Progress | null>(null);

  constructor(app: App, project: string, made: (evaluation: EvaluationDetail) => void) {
    this.#app = app;
    this.#project = project;
    this.#made = made;
  }

  get isRunning(): boolean {
    return this.#abort !== null;
  }

  get error(): AppError | null {
    return this.#error;
  }

  get progress(): Progress | null {
    return this.#progress;
  }

  async run(spec: EvaluationSpec): Promise<void> {
    if (this.#abort) return;
    const abort = new AbortController();
    this.#abort = abort;
    this.#error = null;
    const timer = setInterval(() => void this.#ask(), askEvery);
    try {
      const input = { project: this.#project, spec: { ...spec } };
      const options = { signal: abort.signal, timeout: null };
      this.#made(await this.#app.client.call('evaluations.create', input, options));
    } catch (error) {
      const failure = asAppError(error);
      this.#error = failure.code === 'cancelled' ? null : failure;
    } finally {
      clearInterval(timer);
      this.#abort = null;
      this.#progress = null;
    }
  }

  readonly cancel = (): void => this.#abort?.abort();

  async #ask(): Promise<void> {
    const input = { project: this.#project };
    const found = await this.#app.client.call('evaluations.progress', input).catch(() => null);
    if (!this.#abort || !found) return;
    const seconds = (Date.now() - found.startedAt) / 1000;
    const rate = seconds > 1 && found.done > 0 ? found.done / seconds : null;
    const remaining = rate === null ? null : Math.max(0, found.total - found.done) / rate;
    this.#progress = { ...found, rate, remaining };
  }
}
