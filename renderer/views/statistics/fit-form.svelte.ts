import * as v from 'valibot';
import type { FitDetail, TableDescription } from '../../../shared/contract/statistics.ts';
import type { RegressSpec } from '../../../shared/domain/job-spec.ts';
import type { AppError } from '../../../shared/errors.ts';
import { asAppError } from '../../state/errors.ts';
import { Remembered } from '../../state/remembered.svelte.ts';
import type { Router } from '../../state/router.svelte.ts';
import { emptyForm, readForm, writeForm, type FormulaForm } from './formula-form.ts';
import {
  applicableTo,
  emptyMethod,
  estimatorOf,
  methodFields,
  methodKeys,
  methodValues,
  type MethodValues,
} from './method-options.ts';
import { suggestFamily } from './suggest-family.ts';

/** What the form holds, as the address carries it. An empty family is the suggested one. */
const families = ['', 'gaussian', 'binomial', 'poisson'] as const;
const plainSchema = v.object({
  table: v.string(),
  formula: v.string(),
  filter: v.string(),
  family: v.picklist(families),
  name: v.string(),
});
type PlainValues = v.InferOutput<typeof plainSchema>;
type Values = PlainValues & MethodValues;

const emptyPlain: PlainValues = { table: '', formula: '', filter: '', family: '', name: '' };
const emptyValues: Values = { ...emptyPlain, ...emptyMethod };
const valuesSchema = v.pipe(
  v.looseObject(plainSchema.entries),
  v.transform((stored): Values => ({ ...v.parse(plainSchema, stored), ...readMethod(stored) })),
);
const rememberedSchema = v.record(v.string(), valuesSchema);

/** What the form looks at; read anew whenever it changes. */
interface Surroundings {
  readonly project: string;
  /** The fit that is open, and whose form is shown until it is changed. */
  readonly fit: FitDetail | undefined;
  readonly description: TableDescription | undefined;
  readonly firstTable: string | undefined;
}

/**
 * The form of a fit. The formula is the one truth: clicks rewrite it, and what is clicked is read from
 * it. Values live in the address; those of the last visit come back where the address has none.
 */
export class FitForm {
  readonly #router: Router;
  readonly #around: () => Surroundings;
  readonly #remembered = new Remembered<Record<string, Values>>('statistics', {}, (value) => {
    const parsed = v.safeParse(rememberedSchema, value);
    return parsed.success ? parsed.output : {};
  });

  constructor(router: Router, around: () => Surroundings) {
    this.#router = router;
    this.#around = around;
  }

  readonly #values = $derived.by((): Values => {
    const { fit, project, firstTable } = this.#around();
    const { query } = this.#router.address;
    const { table, formula, filter, family, name } = query;
    if (table !== undefined)
      return {
        table,
        formula: formula ?? '',
        filter: filter ?? '',
        family: families.find((known) => known === family) ?? '',
        name: name ?? '',
        ...readMethod(query),
      };
    if (fit) return valuesOf(fit.spec);
    if (this.#router.parts.length > 0) return emptyValues;
    return this.#remembered.value[project] ?? { ...emptyValues, table: firstTable ?? '' };
  });

  get table(): string {
    return this.#values.table;
  }

  get formula(): string {
    return this.#values.formula;
  }

  get filter(): string {
    return this.#values.filter;
  }

  get name(): string {
    return this.#values.name;
  }

  readonly method = $derived.by((): MethodValues => this.#values);

  /** Which choices about the method there are. */
  readonly applies = $derived.by(() => applicableTo(this.method, this.family));

  get estimator() {
    return estimatorOf(this.method, this.applies.estimators);
  }

  /** The formula as the form shows it, or why it cannot be read. */
  readonly #read = $derived.by((): { form: FormulaForm; error: AppError | null } => {
    try {
      return { form: readForm(this.formula), error: null };
    } catch (error) {
      return { form: emptyForm, error: asAppError(error) };
    }
  });

  get model(): FormulaForm {
    return this.#read.form;
  }

  get formulaError(): AppError | null {
    return this.#read.error;
  }

  readonly suggestion = $derived.by(() =>
    suggestFamily(this.model.outcome, this.#around().description?.columns ?? []),
  );

  get isFamilyChosen(): boolean {
    return this.#values.family !== '';
  }

  get family(): RegressSpec['family'] {
    return this.#values.family || (this.suggestion?.family ?? 'gaussian');
  }

  /** The spec of the form; null while something is missing. */
  readonly spec = $derived.by((): RegressSpec | null => {
    const { table, formula, filter } = this.#values;
    if (table === '' || this.formulaError || this.model.outcome === '' || formula.length < 3)
      return null;
    return {
      kind: 'regress',
      name: this.name.trim() || automaticName(this.model),
      table,
      formula: formula.trim(),
      family: this.family,
      ...(filter.trim() === '' ? {} : { filter: filter.trim() }),
      ...methodFields(this.method, this.family),
    };
  });

  /** The form does not say what the open fit says. */
  readonly isChanged = $derived.by(() => {
    const { fit } = this.#around();
    if (!fit) return false;
    return !this.spec || comparable(this.spec) !== comparable(fit.spec);
  });

  set(changes: Partial<Values>): void {
    const values = { ...this.#values, ...changes };
    this.#remembered.value = { ...this.#remembered.value, [this.#around().project]: values };
    this.#router.set(values);
  }

  /** Takes a spec over as a whole. */
  setSpec(spec: RegressSpec): void {
    this.set(valuesOf(spec));
  }

  setModel(model: FormulaForm): void {
    this.set({ formula: writeForm(model) });
  }

  /** Another table has other columns: everything but the table starts anew. */
  setTable(table: string): void {
    this.set({ ...emptyValues, table });
  }

  clear(): void {
    this.setTable(this.table);
  }
}

function readMethod(stored: Readonly<Record<string, unknown>>): MethodValues {
  const read = methodKeys.map((key) => {
    const value = stored[key];
    return [key, typeof value === 'string' ? value : ''];
  });
  return Object.fromEntries(read) as unknown as MethodValues;
}

function valuesOf(spec: RegressSpec): Values {
  const { table, formula, filter = '', family, name } = spec;
  return { table, formula, filter, family, name, ...methodValues(spec) };
}

/** What two specs are compared by: all but the name. */
function comparable(spec: RegressSpec): string {
  const { table, formula, filter = '', family } = spec;
  const fields = methodFields(methodValues(spec), family);
  return JSON.stringify([table, formula.trim(), filter.trim(), family, fields]);
}

function automaticName({ outcome, terms }: FormulaForm): string {
  const listed = terms
    .filter(({ removed }) => !removed)
    .map(({ text }) => (text === '.' ? 'all other columns' : text));
  const shown = listed.length > 3 ? [...listed.slice(0, 2), `${listed.length - 2} more`] : listed;
  const words = shown.length > 0 ? `${outcome} on ${shown.join(', ')}` : `${outcome} alone`;
  return words.length > 120 ? `${words.slice(0, 119)}…` : words;
}
