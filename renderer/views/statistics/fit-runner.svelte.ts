import type { FitDetail } from '../../../shared/contract/statistics.ts';
import type { RegressSpec } from '../../../shared/domain/job-spec.ts';
import type { AppError } from '../../../shared/errors.ts';
import type { App } from '../../state/app.svelte.ts';
import { useCall } from '../../state/call.svelte.ts';
import { asAppError } from '../../state/errors.ts';

interface Task {
  /** Null while the form is not complete. */
  readonly spec: RegressSpec | null;
  made(fit: FitDetail): void;
}

/** Checks the form as it is filled in, and fits it when asked to. */
export class FitRunner {
  readonly #app: App;
  readonly #project: string;
  readonly #task: () => Task;
  readonly check;
  #abort = $state.raw<AbortController | null>(null);
  #failure = $state.raw<{ question: string; error: AppError } | null>(null);

  constructor(app: App, project: string, task: () => Task) {
    this.#app = app;
    this.#project = project;
    this.#task = task;
    this.check = useCall('fits.check', () => this.#question, { wait: 250, keep: true });
  }

  get #question(): { project: string; spec: RegressSpec } | null {
    const { spec } = this.#task();
    // A name changes nothing that is checked.
    return spec && { project: this.#project, spec: { ...spec, name: 'check' } };
  }

  get isRunning(): boolean {
    return this.#abort !== null;
  }

  /** Why nothing can be fitted now. */
  get blocked(): string | undefined {
    if (this.isRunning) return 'A fit is on its way.';
    return this.#task().spec ? undefined : 'Choose an outcome first.';
  }

  /** What is wrong with the form as it stands. */
  get error(): AppError | null {
    const question = JSON.stringify(this.#question);
    if (this.#failure?.question === question) return this.#failure.error;
    return this.check.error;
  }

  readonly run = async (): Promise<void> => {
    const { spec, made } = this.#task();
    if (!spec || this.#abort) return;
    const question = JSON.stringify(this.#question);
    const abort = new AbortController();
    this.#abort = abort;
    this.#failure = null;
    try {
      const input = { project: this.#project, spec };
      const options = { signal: abort.signal, timeout: null };
      made(await this.#app.client.call('fits.create', input, options));
    } catch (error) {
      this.#failure = { question, error: asAppError(error) };
    } finally {
      this.#abort = null;
    }
  };

  readonly cancel = (): void => this.#abort?.abort();
}
