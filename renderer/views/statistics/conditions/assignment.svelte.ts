import type { EvaluationDetail, EvaluationLog } from '../../../../shared/contract/evaluations.ts';
import { isWithout, type EvaluationSpec } from '../../../../shared/domain/evaluation.ts';

/** A log of the list with what the user chose for it. */
export interface AssignedLog extends EvaluationLog {
  readonly isChosen: boolean;
  /** The condition differs from the one that the log suggests. */
  readonly isEdited: boolean;
}

interface Choice {
  readonly isChosen?: boolean;
  readonly condition?: string;
}

export interface Settings {
  readonly baseline: string;
  readonly scorer: string;
  readonly cluster: string;
  readonly errored: EvaluationSpec['errored'];
  readonly limited: EvaluationSpec['limited'];
  readonly margin: number | null;
}

const fresh: Settings = {
  baseline: '',
  scorer: '',
  cluster: '',
  errored: 'leave-out',
  limited: 'as-scored',
  margin: 0.05,
};

/** Which logs are compared, under which conditions, and how: the form of a comparison. */
export class Assignment {
  readonly #logs: () => readonly EvaluationLog[];
  /** By path; what is not named is as the log suggests, and not chosen. */
  #choices = $state.raw<Readonly<Record<string, Choice>>>({});
  /** By condition; where a claim was changed by hand. */
  #claims = $state.raw<Readonly<Record<string, boolean>>>({});
  #settings = $state.raw<Settings>(fresh);

  constructor(logs: () => readonly EvaluationLog[]) {
    this.#logs = logs;
  }

  get settings(): Settings {
    return this.#settings;
  }

  readonly #all = $derived.by(() =>
    this.#logs().map((log): AssignedLog => {
      const choice = this.#choices[log.path] ?? {};
      const condition = choice.condition ?? log.condition;
      const isEdited = condition !== log.condition;
      return { ...log, condition, isEdited, isChosen: choice.isChosen ?? false };
    }),
  );

  get logs(): readonly AssignedLog[] {
    return this.#all;
  }

  get chosen(): readonly AssignedLog[] {
    return this.#all.filter(({ isChosen }) => isChosen);
  }

  /** Conditions of the chosen logs, with what each claims. */
  get conditions(): readonly { name: string; noScratchpad: boolean }[] {
    const groups = Map.groupBy(this.chosen, ({ condition }) => condition.trim());
    return [...groups].map(([name, logs]) => ({
      name,
      noScratchpad:
        this.#claims[name] ??
        logs.some((log) => (log.isEdited ? isWithout(name) : log.noScratchpad)),
    }));
  }

  /** Why nothing can be compared yet. */
  get problem(): string | null {
    if (this.chosen.length === 0) return 'Choose at least one log.';
    if (this.chosen.some(({ condition }) => condition.trim() === ''))
      return 'Every log needs the name of its condition.';
    return this.#settings.margin === null || this.#settings.margin <= 0
      ? 'The margin must be a number above 0.'
      : null;
  }

  get spec(): EvaluationSpec | null {
    if (this.problem !== null) return null;
    const { baseline, scorer, cluster, errored, limited, margin } = this.#settings;
    const { conditions } = this;
    const names = conditions.map(({ name }) => name);
    return {
      name: names.join(' against ').slice(0, 300),
      logs: this.chosen.map(({ path, condition }) => ({ path, condition: condition.trim() })),
      noScratchpad: conditions.filter((one) => one.noScratchpad).map(({ name }) => name),
      ...(names.includes(baseline) && { baseline }),
      ...(scorer !== '' && { scorer }),
      ...(cluster.trim() !== '' && { cluster: cluster.trim() }),
      errored,
      limited,
      confidence: 0.95,
      margin: margin!,
      seed: 0,
    };
  }

  choose(paths: readonly string[], isChosen: boolean): void {
    const changes = paths.map((path) => [path, { ...this.#choices[path], isChosen }] as const);
    this.#choices = { ...this.#choices, ...Object.fromEntries(changes) };
  }

  assign(path: string, condition: string): void {
    this.#choices = {
      ...this.#choices,
      [path]: { ...this.#choices[path], isChosen: true, condition },
    };
  }

  claim(condition: string, noScratchpad: boolean): void {
    this.#claims = { ...this.#claims, [condition]: noScratchpad };
  }

  set(changes: Partial<Settings>): void {
    this.#settings = { ...this.#settings, ...changes };
  }

  /** The form of a comparison that was made. */
  take({ spec, conditions }: EvaluationDetail): void {
    this.#choices = Object.fromEntries(
      spec.logs.map(({ path, condition }) => [path, { isChosen: true, condition }]),
    );
    this.#claims = Object.fromEntries(conditions.map((one) => [one.name, one.noScratchpad]));
    const { baseline = '', scorer = '', cluster = '', errored, limited, margin } = spec;
    this.#settings = { baseline, scorer, cluster, errored, limited, margin };
  }
}
