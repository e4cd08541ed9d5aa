import * as v from 'valibot';
import { compareContradiction, compareSpecSchema, type CompareSpec } from './compare-spec.ts';
import { featuresSpecSchema, type FeaturesSpec } from './features-spec.ts';
import { importSpecSchema } from './import-spec.ts';
import { parseWith, refuse } from './parse-spec.ts';
import type { Problem } from './pathway.ts';
import { predictSpecSchema, type PredictSpec } from './predict-spec.ts';
import { regressContradiction, regressSpecSchema, type RegressSpec } from './regress-spec.ts';
import { stabilityContradiction, stabilitySpecSchema } from './stability-spec.ts';
import { tokensContradiction } from './tokens.ts';
import { checkTrainSpec } from './train-contradictions.ts';
import { trainSpecSchema, type TrainSpec } from './train-spec.ts';

/**
 * A job spec says all that a job does; two equal specs do the same work. It is written as YAML or
 * JSON by people, so every field is checked here, unknown fields are refused by name, and
 * contradictions are named. A field that came later has no default here: a spec without it keeps the
 * text, and so the group and the checkpoints, that it had. Lengths of training are counted in sequences (rows of the token file),
 * as in e2e_sae; multiply by the context length for tokens.
 */
export const jobSpecSchema = v.variant('kind', [
  trainSpecSchema,
  regressSpecSchema,
  stabilitySpecSchema,
  compareSpecSchema,
  featuresSpecSchema,
  importSpecSchema,
  predictSpecSchema,
]);

export type StabilitySpec = v.InferOutput<typeof stabilitySpecSchema>;
export type JobSpec = v.InferOutput<typeof jobSpecSchema>;
export type { CompareSpec, FeaturesSpec, PredictSpec, RegressSpec, TrainSpec };

/**
 * Checks a document read from YAML or JSON and fills in the defaults.
 * @throws AppError `bad-spec` naming the file, the field and what is allowed there.
 */
export function parseJobSpec(document: unknown, file: string): JobSpec {
  const spec = parseWith(jobSpecSchema, document, file);
  if (spec.kind === 'train') checkTrainSpec(spec, file);
  if (spec.kind === 'features') checkFeaturesSpec(spec, file);
  const contradiction = contradictionOf(spec);
  if (contradiction) refuse(file, contradiction);
  return spec;
}

function contradictionOf(spec: JobSpec): Problem | undefined {
  if (spec.kind === 'regress') return regressContradiction(spec);
  if (spec.kind === 'stability') return stabilityContradiction(spec);
  if (spec.kind === 'compare') return compareContradiction(spec);
  return undefined;
}

function checkFeaturesSpec({ dictionaries, tokens }: FeaturesSpec, file: string): void {
  const ids = dictionaries.map(({ id }) => id);
  const twice = ids.findIndex((id, index) => ids.indexOf(id) < index);
  const problem =
    twice >= 0
      ? { place: `dictionaries.${twice}.id`, problem: 'lists the same dictionary twice' }
      : tokensContradiction(tokens, 'tokens');
  if (problem) refuse(file, problem);
}
