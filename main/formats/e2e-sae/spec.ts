import { hookPattern } from '../../../shared/domain/hook-name.ts';
import { canonicalJson } from '../../../shared/domain/job-spec.ts';
import { AppError } from '../../../shared/errors.ts';
import { parseE2eSaeConfig, type E2eSaeConfig, type E2eSaeData } from './config.ts';
import { expandSweep, isSweep } from './sweep.ts';

/** A training spec that is yet to be checked. */
type SpecDocument = Record<string, unknown> & {
  readonly name: string;
  readonly seeds: readonly number[];
};

/** True for a document that is a run config or a sweep of e2e_sae. */
export function isE2eSae(document: unknown): document is object {
  if (typeof document !== 'object' || document === null) return false;
  return isSweep(document) || ('saes' in document && 'loss' in document);
}

/**
 * The training spec that does what a run config of e2e_sae, or a sweep over one, says. What a config
 * calls by name is looked for in the project: the model in a folder of the name of tlens_model_name,
 * tokens in DATASET_NAME/SPLIT.safetensors under the tensor column_name. Hook points are those of a
 * model that TransformerLens has processed. The seeds of a sweep share the order of the tokens, that of
 * the first.
 * @param readBase reads the config that a sweep is over
 * @throws AppError `bad-spec` naming file and field for what is wrong or cannot be done here.
 */
export function e2eSaeSpec(
  document: object,
  file: string,
  readBase: (path: string) => unknown,
): Record<string, unknown> {
  const configs = isSweep(document) ? expandSweep(document, file, readBase) : [document];
  const specs = configs.flatMap((config) =>
    specsOf(parseE2eSaeConfig(withNumbers(config), file), file),
  );
  return joinSpecs(specs, file);
}

/** Python's YAML reads 400_000 as a number, which YAML 1.2 does not. */
function withNumbers(node: unknown): unknown {
  if (typeof node === 'string' && /^\d+(_\d+)+$/.test(node))
    return Number(node.replaceAll('_', ''));
  if (Array.isArray(node)) return node.map(withNumbers);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withNumbers(value)]));
}

/** One spec for each position of a config. */
function specsOf(config: E2eSaeConfig, file: string): SpecDocument[] {
  const refuse = (place: string, problem: string): never => {
    throw new AppError('bad-spec', `${file}: ${place}: ${problem}.`, { file, place });
  };
  const { saes, loss } = config;
  if (saes.pretrained_sae_paths !== null)
    refuse('saes.pretrained_sae_paths', 'going on from saved dictionaries is not supported');
  const positions = [saes.sae_positions].flat();
  const odd = positions.find((position) => !hookPattern.test(position));
  if (odd !== undefined)
    refuse(
      'saes.sae_positions',
      `'${odd}' is not the whole name of a hook point; write out every one that is meant`,
    );
  const isLocal = loss.logits_kl === null && loss.in_to_orig === null;
  if (positions.length > 1 && !isLocal)
    refuse(
      'saes.sae_positions',
      'several dictionaries in the same pass of the model are not supported beside logits_kl and in_to_orig; take one position for each run',
    );
  if (config.n_samples === null) refuse('n_samples', 'say how many sequences to train on');
  const model = config.tlens_model_path ?? config.tlens_model_name;
  if (model === null) refuse('tlens_model_name', 'is required but missing');
  return positions.map((hook) => ({ hook, model, ...commonSpec(config, positions) }));
}

function commonSpec(config: E2eSaeConfig, positions: readonly string[]): SpecDocument {
  const { train_data: trainData, eval_data: evalData, saes } = config;
  const batch = config.effective_batch_size ?? config.batch_size;
  const windows = config.collect_act_frequency_every_n_samples > 0;
  return {
    kind: 'train',
    name: runName(config, positions),
    processing: 'transformer-lens',
    tokens: tokensOf(trainData),
    seeds: [config.seed],
    dictionary: { ratio: saes.dict_size_to_input_ratio },
    objective: objectiveOf(config),
    training: {
      sequences: config.n_samples,
      batch,
      ...(config.batch_size === batch ? {} : { microBatch: config.batch_size }),
      learningRate: config.lr,
      schedule: config.lr_schedule,
      warmup: config.warmup_samples,
      cooldown: config.cooldown_samples,
      minimumFactor: config.min_lr_factor,
      gradientClip: config.max_grad_norm,
      dataSeed: trainData.seed ?? config.seed,
      logEvery: config.log_every_n_grad_steps,
      metricsEvery: config.log_every_n_grad_steps,
      aliveWindowTokens: config.act_frequency_n_tokens,
    },
    ...(evalData && config.eval_n_samples !== null
      ? {
          evaluation: {
            tokens: tokensOf(evalData),
            sequences: config.eval_n_samples,
            every: config.eval_every_n_samples,
          },
        }
      : {}),
    ...(windows
      ? {
          features: {
            tokens: tokensOf(trainData),
            sequences: Math.ceil(config.act_frequency_n_tokens / trainData.n_ctx),
          },
        }
      : {}),
    checkpointEvery: config.save_every_n_samples,
  };
}

function tokensOf({ dataset_name: name, split, column_name: tensor, n_ctx: context }: E2eSaeData) {
  return { file: `${name}/${split}.safetensors`, tensor, context };
}

/** A block that is null there is no term here; one with coefficient 0 is logged. */
function objectiveOf({ loss }: E2eSaeConfig): Record<string, unknown> {
  const term = (block: { coeff: number } | null) => block && { coefficient: block.coeff };
  const { sparsity, in_to_orig: inToOrig } = loss;
  const terms = {
    sparsity: { coefficient: sparsity.coeff, p: sparsity.p_norm },
    outToIn: term(loss.out_to_in) ?? { coefficient: 0 },
    outToOrig: term(loss.out_to_orig),
    inToOrig: inToOrig && {
      coefficient: inToOrig.total_coeff,
      hooks: [inToOrig.hook_positions].flat(),
    },
    logitsKl: term(loss.logits_kl),
  };
  return Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== null));
}

/** As e2e_sae names its runs. */
function runName(config: E2eSaeConfig, positions: readonly string[]): string {
  if (config.wandb_run_name !== null) return config.wandb_run_name;
  const { loss, saes } = config;
  const part = (name: string, value: number | undefined) =>
    value !== undefined && value > 0 ? `_${name}-${value}` : '';
  return [
    `${config.wandb_run_name_prefix}seed-${config.seed}_lpcoeff-${loss.sparsity.coeff}`,
    part('in-to-out', loss.out_to_in?.coeff),
    part('logits-kl', loss.logits_kl?.coeff),
    part('in-to-orig', loss.in_to_orig?.total_coeff),
    `_lr-${config.lr}_ratio-${saes.dict_size_to_input_ratio}_${positions.join('-')}`,
  ].join('');
}

/** One job that trains what several specs say, which share all but what variants may vary. */
function joinSpecs(specs: readonly SpecDocument[], file: string): Record<string, unknown> {
  const [first] = specs;
  if (!first) throw new AppError('bad-spec', `${file}: the grid is empty.`, { file });
  if (specs.length === 1) return first;
  const shared = new Set(specs.map((spec) => canonicalJson(sharedPart(spec))));
  if (shared.size > 1)
    throw new AppError(
      'bad-spec',
      `${file}: the runs differ in more than seed, position, ratio, loss and lr, so they cannot share a job. Split the sweep.`,
      { file, place: 'parameters' },
    );
  const seeds = [...new Set(specs.flatMap((spec) => spec.seeds))];
  const variants = new Map(specs.map((spec) => [canonicalJson(variantOf(spec)), variantOf(spec)]));
  const name = file.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
  if (variants.size === 1) return { ...first, name, seeds };
  return { ...first, name, seeds, variants: [...variants.values()] };
}

function sharedPart(spec: SpecDocument): Record<string, unknown> {
  const training = spec['training'] as Record<string, unknown>;
  return {
    ...spec,
    training: { ...training, learningRate: undefined, dataSeed: undefined },
    name: undefined,
    seeds: undefined,
    hook: undefined,
    dictionary: undefined,
    objective: undefined,
  };
}

function variantOf(spec: SpecDocument): Record<string, unknown> {
  const { hook, dictionary, objective, training } = spec;
  const { learningRate } = training as Record<string, unknown>;
  return { hook, dictionary, objective: allTerms(objective as object), learningRate };
}

/** A term that a variant does not have must not come from the spec around it. */
function allTerms(objective: object): object {
  return { outToOrig: null, inToOrig: null, logitsKl: null, ...objective };
}
