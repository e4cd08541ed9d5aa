import * as v from 'valibot';
import { predictSpecSchema, type PredictSpec } from '../../../../shared/domain/predict-spec.ts';

/** How a prediction is made, whatever it is of. */
const draftSchema = v.object({
  unit: v.picklist(['token', 'sequence']),
  aggregation: v.picklist(['max', 'mean', 'any', 'last']),
  family: v.picklist(['gaussian', 'binomial']),
  lambdas: v.number(),
  folds: v.number(),
  choice: v.picklist(['minimum', 'one-standard-error']),
  heldOut: v.number(),
  leastRows: v.number(),
  seed: v.number(),
  seeds: v.boolean(),
});
export type PredictionDraft = v.InferOutput<typeof draftSchema>;

export const usualDraft: PredictionDraft = {
  unit: 'token',
  aggregation: 'max',
  family: 'binomial',
  lambdas: 40,
  folds: 5,
  choice: 'one-standard-error',
  heldOut: 0.2,
  leastRows: 20,
  seed: 0,
  seeds: true,
};

/** What was remembered, or the usual where it is none. */
export function readDraft(value: unknown): PredictionDraft {
  const parsed = v.safeParse(draftSchema, value);
  return parsed.success ? parsed.output : usualDraft;
}

/** What a prediction is of, as the form has it: empty text where nothing is chosen. */
export interface PredictionSubject {
  readonly dictionary: string;
  readonly file: string;
  readonly name: string;
  /** Columns of a table with the number of the sequence and the position in it. */
  readonly sequence: string;
  readonly position: string;
}

/** Why a subject cannot be predicted; undefined where it can. */
export function subjectProblem({ dictionary, file, name, sequence, position }: PredictionSubject) {
  if (dictionary === '') return 'Choose a dictionary.';
  if (file === '' || name === '') return 'Choose what is predicted.';
  if (position !== '' && sequence === '')
    return 'A position needs the column with the number of its sequence.';
  return undefined;
}

/** The spec of a prediction. @throws ValiError where a number is out of range */
export function predictionSpec(subject: PredictionSubject, draft: PredictionDraft): PredictSpec {
  const { dictionary, file, name, sequence, position } = subject;
  return v.parse(predictSpecSchema, {
    kind: 'predict',
    name: `${name} from features`.slice(0, 200),
    dictionary,
    labels: {
      file,
      name,
      ...(sequence !== '' && { sequence }),
      ...(position !== '' && { position }),
    },
    ...draft,
  });
}

/** The command that makes the same prediction without the pages. */
export function predictionCommand({ dictionary, labels, ...spec }: PredictSpec): string {
  const word = (text: string) =>
    /^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
  const options = Object.entries({
    labels: `${labels.file}:${labels.name}`,
    sequence: labels.sequence,
    position: labels.position,
    unit: spec.unit,
    ...(spec.unit === 'sequence' && { aggregation: spec.aggregation }),
    family: spec.family,
    lambdas: spec.lambdas,
    folds: spec.folds,
    choice: spec.choice,
    'held-out': spec.heldOut,
    'least-rows': spec.leastRows,
    seed: spec.seed,
  }).flatMap(([key, value]) => (value === undefined ? [] : [`--${key} ${word(String(value))}`]));
  return [`assay predict ${dictionary}`, ...options, ...(spec.seeds ? [] : ['--one-seed'])].join(
    ' \\\n  ',
  );
}
