import type { App } from '../../state/app.svelte.ts';
import { useCall } from '../../state/call.svelte.ts';
import { AppError, errorFromJson } from '../../../shared/errors.ts';
import { parseJobSpec, type RegressSpec } from '../../../shared/domain/job-spec.ts';

/** The spec file that the address names (`spec`): read, checked, and handed over once it is a fit's. */
export class SpecFile {
  readonly #path: () => string;
  readonly #text;
  readonly #check;

  constructor(app: App, project: string, taken: (spec: RegressSpec) => void) {
    this.#path = () => app.router.text('spec');
    this.#text = useCall('jobs.readSpec', () =>
      this.#path() === '' ? null : { project, path: this.#path() },
    );
    this.#check = useCall(
      'jobs.check',
      () => (this.#text.value ? { project, spec: this.#text.value.text } : null),
      {
        done: ({ spec }) => {
          const parsed = spec && parseJobSpec(spec, this.#path());
          if (parsed?.kind === 'regress') taken(parsed);
        },
      },
    );
  }

  /** Why the file cannot fill in the form; null while it can, or where no file is named. */
  get error(): AppError | null {
    if (this.#path() === '') return null;
    const { value } = this.#check;
    if (value?.spec?.['kind'] === 'train')
      return new AppError(
        'bad-spec',
        `${this.#path()} is a spec of a training. Open it under Runs.`,
        { file: this.#path() },
      );
    const problem = value && !value.spec ? value.problem : null;
    return this.#text.error ?? this.#check.error ?? (problem && errorFromJson(problem));
  }
}
