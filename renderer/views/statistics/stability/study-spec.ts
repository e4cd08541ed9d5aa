import * as v from 'valibot';
import {
  l1Conventions,
  stabilitySpecSchema,
  type StabilitySpec,
} from '../../../../shared/domain/stability-spec.ts';
import type { RegressSpec } from '../../../../shared/domain/regress-spec.ts';

/** What a study is made of beside the regression itself: counts of refits, 0 leaves a part out. */
export const studyChoicesSchema = v.object({
  penalty: v.picklist(['none', ...l1Conventions]),
  /** Of the penalty, as its convention writes it. */
  strength: v.number(),
  seed: v.number(),
  reference: v.picklist(['full', 'alone']),
  subsets: v.number(),
  splits: v.number(),
  bootstrap: v.number(),
  dropOne: v.number(),
  selection: v.number(),
  power: v.number(),
  secondTable: v.string(),
});
export type StudyChoices = v.InferOutput<typeof studyChoicesSchema>;

export const usualChoices: StudyChoices = {
  penalty: 'none',
  strength: 1,
  seed: 0,
  reference: 'full',
  subsets: 2000,
  splits: 2000,
  bootstrap: 1000,
  dropOne: 200,
  selection: 100,
  power: 200,
  secondTable: '',
};

/** What was remembered, or the usual where it is none. */
export function readChoices(value: unknown): StudyChoices {
  const parsed = v.safeParse(studyChoicesSchema, value);
  return parsed.success ? parsed.output : usualChoices;
}

/** Why the form's regression cannot be studied; undefined where it can. */
export function blockedBy(spec: RegressSpec | null): string | undefined {
  if (!spec) return 'Choose an outcome and predictors first.';
  if (spec.family === 'poisson') return 'Studies are of linear and logistic regressions.';
  if (spec.link === 'probit')
    return 'Studies are of linear and logistic regressions, not of probit.';
  if (spec.weights !== undefined) return 'Studies count every row once: take the weights out.';
  return undefined;
}

/** Regressions whose method differs from that of the refits; in words, to stand beside the button. */
export function simplified(spec: RegressSpec): string | undefined {
  const parts = [
    ...(spec.method === 'firth' ? ['Firth’s scores'] : []),
    ...(spec.penalty ? ['the penalty of the form'] : []),
    ...(spec.errors ? [`${spec.errors.kind} errors`] : []),
    ...(spec.missing ? ['the rule for missing predictors (rows are left out)'] : []),
  ];
  return parts.length === 0 ? undefined : `The refits do not use ${parts.join(', ')}.`;
}

/** The spec of a study of the form's regression. @throws ValiError where a number is out of range */
export function studySpec(spec: RegressSpec, choices: StudyChoices): StabilitySpec {
  const { penalty, strength, seed, reference, secondTable } = choices;
  return v.parse(stabilitySpecSchema, {
    kind: 'stability',
    name: `Stability of ${spec.name}`.slice(0, 200),
    table: spec.table,
    formula: spec.formula,
    family: spec.family,
    ...(spec.filter === undefined ? {} : { filter: spec.filter }),
    penalty: penalty === 'none' ? { kind: 'none' } : { kind: 'l1', convention: penalty, strength },
    seed,
    reference,
    subsets: choices.subsets,
    splits: { refits: choices.splits },
    bootstrap: choices.bootstrap,
    dropOne: Math.min(choices.dropOne, choices.splits),
    selection: { refits: choices.selection },
    power: { refits: choices.power },
    ...(secondTable === '' ? {} : { secondTable }),
  });
}

/** Refits that the choices ask for, without those of each number of rows of the power view. */
export function refitsOf({ subsets, splits, bootstrap, selection }: StudyChoices): number {
  return subsets + splits + bootstrap + selection;
}
