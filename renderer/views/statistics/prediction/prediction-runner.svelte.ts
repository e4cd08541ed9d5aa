import type { AppError } from '../../../../shared/errors.ts';
import type { App } from '../../../state/app.svelte.ts';
import { asAppError } from '../../../state/errors.ts';
import { Remembered } from '../../../state/remembered.svelte.ts';
import {
  predictionSpec,
  readDraft,
  usualDraft,
  type PredictionDraft,
  type PredictionSubject,
} from './prediction-draft.ts';

/** Starts predictions as jobs, and remembers how they were made. */
export class PredictionRunner {
  readonly #app: App;
  readonly #project: string;
  readonly #draft = new Remembered<PredictionDraft>('prediction', usualDraft, readDraft);
  #isAsking = $state.raw(false);
  #error = $state.raw<AppError | null>(null);
  #started = $state.raw<string | null>(null);

  constructor(app: App, project: string) {
    this.#app = app;
    this.#project = project;
  }

  get draft(): PredictionDraft {
    return this.#draft.value;
  }

  readonly set = (changes: Partial<PredictionDraft>): void => {
    this.#draft.value = { ...this.draft, ...changes };
  };

  get isAsking(): boolean {
    return this.#isAsking;
  }

  get error(): AppError | null {
    return this.#error;
  }

  /** The job that was started last here. */
  get started(): string | null {
    return this.#started;
  }

  async run(subject: PredictionSubject): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#error = null;
    try {
      const input = { project: this.#project, spec: predictionSpec(subject, this.draft) };
      const { id } = await this.#app.client.call('jobs.submit', input);
      this.#started = id;
    } catch (error) {
      this.#error = asAppError(error);
    } finally {
      this.#isAsking = false;
    }
  }
}
