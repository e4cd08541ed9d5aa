import * as v from 'valibot';
import { AppError } from '../errors.ts';
import { compareContradiction, compareSpecSchema, type CompareSpec } from './compare-spec.ts';
import {
  architectureContradiction,
  architectureNames,
  dictionarySchema,
  type ArchitectureName,
} from './dictionary.ts';
import { featuresSpecSchema, type FeaturesSpec } from './features-spec.ts';
import { hookPattern } from './hook-name.ts';
import { importSpecSchema } from './import-spec.ts';
import { objectiveContradiction, objectiveSchema } from './objective.ts';
import { predictSpecSchema, type PredictSpec } from './predict-spec.ts';
import {
  firstSpliced,
  passContradiction,
  pathwaySchema,
  targetContradiction,
  type Problem,
} from './pathway.ts';
import { engineFields, jobName, naturalInt, path, positiveInt, seed } from './spec-fields.ts';
import { regressContradiction, regressSpecSchema, type RegressSpec } from './regress-spec.ts';
import {
  activationCacheSchema,
  tokensContradiction,
  tokensSchema,
  type TokensRef,
} from './tokens.ts';
import { stabilityContradiction, stabilitySpecSchema } from './stability-spec.ts';
import { applyVariant, variantSchema, type Variant } from './variant.ts';

export { architectureNames, type ArchitectureName, type CompareSpec, type RegressSpec };

/**
 * A job spec says all that a job does; two equal specs do the same work. It is written as YAML or
 * JSON by people, so every field is checked here, unknown fields are refused by name, and
 * contradictions are named. A field that came later has no default here: a spec without it keeps the
 * text, and so the group and the checkpoints, that it had. Lengths of training are counted in sequences (rows of the token file),
 * as in e2e_sae; multiply by the context length for tokens.
 */

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));

/**
 * What is done to a model's weights before it runs: nothing, or TransformerLens' standard processing
 * (norms folded, writing weights and unembedding centred, value biases folded). Logits stay the same
 * but for a constant in each row; activations at hook points change.
 */
export const weightProcessings = ['none', 'transformer-lens'] as const;
export type WeightProcessing = (typeof weightProcessings)[number];

const trainingSchema = v.strictObject({
  /** Sequences to train on. More than the file holds means further, newly shuffled epochs. */
  sequences: positiveInt,
  /** Sequences in one optimiser step. */
  batch: positiveInt,
  /** Sequences at a time, where a step gathers its gradient in parts; a divisor of `batch`. */
  microBatch: v.optional(positiveInt),
  learningRate: positive,
  schedule: v.optional(v.picklist(['cosine', 'linear', 'constant']), 'cosine'),
  /** Sequences over which the learning rate rises from 0. */
  warmup: v.optional(naturalInt, 0),
  /** Sequences over which a linear schedule falls to its floor. */
  cooldown: v.optional(naturalInt, 0),
  /** Floor of the learning rate as a fraction of it. */
  minimumFactor: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.1),
  /** Largest global norm of the gradient of one dictionary; null for no clipping. */
  gradientClip: v.optional(v.nullable(positive), 10),
  adam: v.optional(
    v.strictObject({
      beta1: v.optional(v.pipe(v.number(), v.minValue(0), v.ltValue(1)), 0.9),
      beta2: v.optional(v.pipe(v.number(), v.minValue(0), v.ltValue(1)), 0.999),
      epsilon: v.optional(positive, 1e-8),
    }),
    {},
  ),
  /** Seed of the order of sequences, shared by all replicates of the job. */
  dataSeed: v.optional(seed, 0),
  /** Optimiser steps between two logged points. */
  logEvery: v.optional(positiveInt, 1),
  /** Optimiser steps between two points with every metric of the training batch; 20 where not given. */
  metricsEvery: v.optional(positiveInt),
  /** Tokens of one window in which a latent must fire to count as alive on the training curve. */
  aliveWindowTokens: v.optional(positiveInt, 100_000),
});

const evaluationSchema = v.strictObject({
  tokens: tokensSchema,
  /** Sequences of one evaluation. */
  sequences: positiveInt,
  /** Training sequences between two evaluations; null for one at the end only. */
  every: v.optional(v.nullable(positiveInt), null),
});

const featuresSchema = v.strictObject({
  tokens: tokensSchema,
  /** Sequences over which densities, histograms and examples are taken; the final alive window. */
  sequences: positiveInt,
  /** Top examples kept for each feature. */
  examples: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200)), 20),
  /**
   * Ground truth per token: a safetensors file of uint8 tensors [rows, context], one per property,
   * aligned with `tokens`. Every feature is scored against every property by AUC.
   */
  labels: v.optional(path),
});

const hookName = v.pipe(
  v.string(),
  v.regex(
    hookPattern,
    'must be a hook point such as blocks.2.hook_resid_pre (residual stream, attention or MLP output)',
  ),
);

export const trainSpecSchema = v.strictObject({
  kind: v.literal('train'),
  name: jobName,
  /** Folder of the model, relative to the project folder. */
  model: path,
  /** What is done to the model's weights first: the values at hook points depend on it. */
  processing: v.optional(v.picklist(weightProcessings), 'none'),
  /** Hook point under its TransformerLens name. */
  hook: hookName,
  /**
   * A transcoder's: the later hook point whose activation it predicts and takes the place of, such as
   * the block's hook_mlp_out from ln2.hook_normalized.
   */
  target: v.optional(hookName),
  tokens: tokensSchema,
  /** One dictionary is trained for each seed, all on the same stream of activations. */
  seeds: v.optional(v.pipe(v.array(seed), v.minLength(1), v.maxLength(64)), [0]),
  /**
   * Dictionaries that are trained together, one for each variant and seed: they share the pass of the
   * model and the stream of tokens. Each gets the weights that it would get alone, but on the pathway
   * `joint`.
   */
  variants: v.optional(v.pipe(v.array(variantSchema), v.minLength(1), v.maxLength(64))),
  pathway: v.optional(pathwaySchema),
  /** In the record of a run on the pathway `joint`: the other dictionaries of its pass, in full. */
  companions: v.optional(v.array(v.record(v.string(), v.unknown()))),
  dictionary: dictionarySchema,
  objective: objectiveSchema,
  training: trainingSchema,
  evaluation: v.optional(evaluationSchema),
  features: v.optional(featuresSchema),
  /** Where activations are kept between epochs and jobs; nowhere where not given. */
  activationCache: v.optional(activationCacheSchema),
  /** Training sequences between two checkpoints; null for none. */
  checkpointEvery: v.optional(v.nullable(positiveInt), null),
  ...engineFields,
});

export const jobSpecSchema = v.variant('kind', [
  trainSpecSchema,
  regressSpecSchema,
  stabilitySpecSchema,
  compareSpecSchema,
  featuresSpecSchema,
  importSpecSchema,
  predictSpecSchema,
]);

export type TrainSpec = v.InferOutput<typeof trainSpecSchema>;
export type StabilitySpec = v.InferOutput<typeof stabilitySpecSchema>;
export type JobSpec = v.InferOutput<typeof jobSpecSchema>;
export type { FeaturesSpec, PredictSpec, TokensRef };

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

function parseWith<Schema extends v.GenericSchema>(
  schema: Schema,
  document: unknown,
  file: string,
  within = '',
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, document);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const place = within + (issue.path?.map((item) => String(item.key)).join('.') ?? 'top level');
  const problem =
    issue.expected === 'never'
      ? `the field '${place}' is not known`
      : `${place}: ${describeIssue(issue)}`;
  throw new AppError('bad-spec', `${file}: ${problem}.`, { file, place });
}

function refuse(file: string, { place, problem }: Problem): never {
  throw new AppError('bad-spec', `${file}: ${place}: ${problem}.`, { file, place });
}

function checkFeaturesSpec({ dictionaries, tokens }: FeaturesSpec, file: string): void {
  const ids = dictionaries.map(({ id }) => id);
  const twice = ids.findIndex((id, index) => ids.indexOf(id) < index);
  const problem =
    twice >= 0
      ? { place: `dictionaries.${twice}.id`, problem: 'lists the same dictionary twice' }
      : tokensContradiction(tokens, 'tokens');
  if (!problem) return;
  const { place } = problem;
  throw new AppError('bad-spec', `${file}: ${place}: ${problem.problem}.`, { file, place });
}

function checkTrainSpec(spec: TrainSpec, file: string): void {
  const variants = spec.variants ?? [];
  const runs = variants.map((variant, index) =>
    variantSpec(spec, variant, file, `variants.${index}.`),
  );
  const passes = passesOf(spec, runs);
  const pathway = pathwayContradiction(spec, passes);
  if (pathway) refuse(file, pathway);
  const together = spec.pathway === 'joint' ? passes.flat() : [spec];
  const contradiction = findContradiction(spec, firstSpliced(together));
  if (contradiction) refuse(file, contradiction);
  const texts: string[] = [];
  runs.forEach((alone, index) => {
    const place = `variants.${index}`;
    const pass = passes.find((members) => members.includes(alone))!;
    const inside = findContradiction(alone, firstSpliced(pass));
    if (inside) refuse(file, { ...inside, place: `${place}.${inside.place}` });
    const text = canonicalJson([alone, passOf(variants[index]!)]);
    const same = texts.indexOf(text);
    if (same >= 0) refuse(file, { place, problem: `says the same as variants.${same}` });
    texts.push(text);
  });
}

/** Dictionaries of one seed that are spliced into the same pass; each alone unless they are joint. */
function passesOf(spec: TrainSpec, runs: readonly TrainSpec[]): (readonly TrainSpec[])[] {
  if (runs.length === 0) return [[spec]];
  if (spec.pathway !== 'joint') return runs.map((run) => [run]);
  return [...Map.groupBy(runs, (run) => passOf(spec.variants![runs.indexOf(run)]!)).values()];
}

function pathwayContradiction(
  { pathway, variants = [], companions, dictionary }: TrainSpec,
  passes: readonly (readonly TrainSpec[])[],
): Problem | undefined {
  if (companions)
    return {
      place: 'companions',
      problem: 'is what the record of a run says; list the dictionaries of a pass as variants',
    };
  const numbered = variants.findIndex(({ pass }) => pass !== undefined);
  if (pathway !== 'joint' && numbered >= 0)
    return { place: `variants.${numbered}.pass`, problem: 'belongs to the pathway joint' };
  if (passes.flat().every((run) => run.dictionary.frozen))
    return {
      place: dictionary.frozen ? 'dictionary.frozen' : 'variants.0.dictionary.frozen',
      problem: 'is said of every dictionary, so nothing would be learned',
    };
  for (const members of pathway === 'joint' ? passes : []) {
    const found = passContradiction(members);
    if (!found) continue;
    const position = passes.flat().indexOf(members[found.position]!);
    const place = variants.length === 0 ? found.place : `variants.${position}.${found.place}`;
    return { place, problem: found.problem };
  }
  return undefined;
}

function variantSpec(spec: TrainSpec, variant: Variant, file: string, within: string): TrainSpec {
  return parseWith(trainSpecSchema, applyVariant(spec, variant), file, within);
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  if (issue.kind === 'schema' && issue.received === 'undefined') return 'is required but missing';
  const message = issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  return message.replace(/\.$/, '');
}

/**
 * Fields that are each valid but cannot hold together.
 * @param first where the first dictionary of the pass is spliced in
 */
function findContradiction(spec: TrainSpec, first: string): Problem | undefined {
  const { dictionary, training, seeds } = spec;
  const misread = targetContradiction(spec.hook, spec.target, dictionary.skip);
  if (misread) return misread;
  if ((dictionary.ratio === undefined) === (dictionary.latents === undefined))
    return { place: 'dictionary', problem: 'give exactly one of ratio and latents' };
  const misplaced = architectureContradiction(dictionary, spec.objective.sparsity.p);
  if (misplaced) return misplaced;
  if (new Set(seeds).size !== seeds.length)
    return { place: 'seeds', problem: 'lists the same seed twice' };
  const differs = dictionary.frozen || spec.pathway === 'joint';
  if (dictionary.start !== undefined && seeds.length > 1 && !differs)
    return {
      place: 'dictionary.start',
      problem: 'every seed would train the same dictionary; give one seed',
    };
  if (dictionary.resample && dictionary.resample.every < training.batch)
    return {
      place: 'dictionary.resample.every',
      problem: `is less than the ${training.batch} sequences of a step`,
    };
  if (training.batch > training.sequences)
    return {
      place: 'training.batch',
      problem: `${training.batch} sequences per step exceed the ${training.sequences} to train on`,
    };
  if (training.cooldown > 0 && training.schedule !== 'linear')
    return {
      place: 'training.cooldown',
      problem: `belongs to the linear schedule, not to ${training.schedule}`,
    };
  if (training.warmup + training.cooldown > training.sequences)
    return {
      place: 'training.warmup',
      problem: 'warmup and cooldown together are longer than the training',
    };
  if (training.batch % (training.microBatch ?? training.batch) !== 0)
    return {
      place: 'training.microBatch',
      problem: `${training.microBatch} does not divide the ${training.batch} sequences of a step`,
    };
  const tokens = tokensOf(spec)
    .map(([place, ref]) => tokensContradiction(ref, place))
    .find((found) => found !== undefined);
  return tokens ?? objectiveContradiction(spec.objective, first);
}

/** JSON with sorted keys: equal specs give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** Number of runs of a job: one for each variant and seed. */
export function runCount({ variants, seeds }: TrainSpec): number {
  return (variants?.length ?? 1) * seeds.length;
}

/**
 * The spec of one run of a job, as if it were trained alone: one variant, one seed. Runs are in the
 * order of the variants, those of one variant in the order of the seeds. A run on the pathway `joint`
 * cannot be alone: its spec also tells the other dictionaries of its pass.
 */
export function runSpec(spec: TrainSpec, position: number): TrainSpec {
  const at = Math.floor(position / spec.seeds.length);
  const variant = spec.variants?.[at];
  const seeds = [spec.seeds[position % spec.seeds.length]!];
  if (!variant) return { ...spec, seeds };
  const alone = { ...variantSpec(spec, variant, spec.name, ''), seeds };
  if (spec.pathway !== 'joint') return alone;
  const companions = spec.variants!.flatMap((other, index) => {
    if (index === at || passOf(other) !== passOf(variant)) return [];
    const { hook, target, dictionary, objective, training } = variantSpec(
      spec,
      other,
      spec.name,
      '',
    );
    const { learningRate } = training;
    return [{ hook, ...(target && { target }), dictionary, objective, learningRate }];
  });
  return { ...alone, companions };
}

/** Names the pass of a run on the pathway `joint`; undefined for one that is spliced alone. */
export function passOfRun(spec: TrainSpec, position: number): string | undefined {
  if (spec.pathway !== 'joint') return undefined;
  const variant = spec.variants?.[Math.floor(position / spec.seeds.length)];
  return `${variant ? passOf(variant) : 0}/${spec.seeds[position % spec.seeds.length]!}`;
}

function passOf({ pass = 0 }: Variant): number {
  return pass;
}

/** The tokens that a job reads, by the field that names them. */
export function tokensOf({
  tokens,
  evaluation,
  features,
}: Pick<TrainSpec, 'tokens' | 'evaluation' | 'features'>): [string, TokensRef][] {
  return [
    ['tokens', tokens],
    ...(evaluation ? [['evaluation.tokens', evaluation.tokens] as [string, TokensRef]] : []),
    ...(features ? [['features.tokens', features.tokens] as [string, TokensRef]] : []),
  ];
}

/** The dictionary files that dictionaries of a job go on from. */
export function startsOf(spec: TrainSpec): string[] {
  const starts = Array.from({ length: runCount(spec) }, (_, position) => {
    return runSpec(spec, position).dictionary.start;
  });
  return [...new Set(starts)].filter((start) => start !== undefined);
}

/** What replicates share: the spec of a run without its seed. Runs with equal keys form one group. */
export function groupKey(spec: TrainSpec): string {
  const { seeds: _seeds, ...rest } = spec;
  return canonicalJson(rest);
}
