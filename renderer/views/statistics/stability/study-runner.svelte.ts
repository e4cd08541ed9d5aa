import type { StabilitySpec } from '../../../../shared/domain/stability-spec.ts';
import type { RegressSpec } from '../../../../shared/domain/regress-spec.ts';
import type { AppError } from '../../../../shared/errors.ts';
import type { App } from '../../../state/app.svelte.ts';
import { asAppError } from '../../../state/errors.ts';
import { Remembered } from '../../../state/remembered.svelte.ts';
import { readChoices, studySpec, usualChoices, type StudyChoices } from './study-spec.ts';

/** Starts studies as jobs, and remembers what they were made of. */
export class StudyRunner {
  readonly #app: App;
  readonly #project: string;
  readonly #spec: () => RegressSpec | null;
  readonly #table: () => string;
  readonly #choices = new Remembered<StudyChoices>('stability', usualChoices, readChoices);
  #isAsking = $state.raw(false);
  #error = $state.raw<AppError | null>(null);
  #started = $state.raw<string | null>(null);

  constructor(app: App, project: string, spec: () => RegressSpec | null, table: () => string) {
    this.#app = app;
    this.#project = project;
    this.#spec = spec;
    this.#table = table;
  }

  get choices(): StudyChoices {
    return this.#choices.value;
  }

  set choices(choices: StudyChoices) {
    this.#choices.value = choices;
  }

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

  readonly run = (): Promise<void> => {
    const spec = this.#spec();
    return spec
      ? this.#submit(() => Promise.resolve(studySpec(spec, this.choices)))
      : Promise.resolve();
  };

  /** All that the maze study did, and what it should have done, in one job. */
  readonly runMaze = (): Promise<void> => {
    const { secondTable } = this.choices;
    return this.#submit(() =>
      this.#app.client.call('stability.template', {
        project: this.#project,
        template: 'maze',
        table: this.#table(),
        ...(secondTable === '' ? {} : { secondTable }),
      }),
    );
  };

  async #submit(make: () => Promise<StabilitySpec>): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#error = null;
    try {
      const spec = await make();
      const job = await this.#app.client.call('jobs.submit', { project: this.#project, spec });
      this.#started = job.id;
    } catch (error) {
      this.#error = asAppError(error);
    } finally {
      this.#isAsking = false;
    }
  }
}
