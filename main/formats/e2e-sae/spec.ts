import { canonicalJson } from '../../../shared/domain/canonical-json.ts';
import { AppError } from '../../../shared/errors.ts';
import { parseE2eSaeConfig, type E2eSaeConfig, type E2eSaeData } from './config.ts';
import { matchPositions } from './positions.ts';
import { expandSweep, isSweep } from './sweep.ts';

/** A training spec that is yet to be checked. */
type SpecDocument = Record<string, unknown> & {
  readonly name: string;
  readonly seeds: readonly number[];
};

/** What a config calls by name and a spec must say in full. */
export interface E2eSaeSources {
  /** The config that a sweep is over. */
  readonly readBase: (path: string) => unknown;
  /** Names of all hook points of a model. */
  readonly hookNames: (model: string) => readonly string[];
  /** A file of saved dictionaries: its place in the project, and the hook points they are of. */
  readonly openSaved: (path: string) => { path: string; positions: readonly string[] };
}

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
 * the first. Several positions make one pass of the pathway joint. Dictionaries of pretrained_sae_paths
 * stay as they are unless retrain_saes says otherwise.
 * @throws AppError `bad-spec` naming file and field for what is wrong or cannot be done here.
 */
export function e2eSaeSpec(
  document: object,
  file: string,
  sources: E2eSaeSources,
): Record<string, unknown> {
  const configs = isSweep(document) ? expandSweep(document, file, sources.readBase) : [document];
  const passes = configs.map((config) =>
    specsOf(parseE2eSaeConfig(withNumbers(config), file), file, sources),
  );
  return joinSpecs(passes, file);
}

/** Python's YAML reads 400_000 as a number, which YAML 1.2 does not. */
function withNumbers(node: unknown): unknown {
  if (typeof node === 'string' && /^\d+(_\d+)+$/.test(node))
    return Number(node.replaceAll('_', ''));
  if (Array.isArray(node)) return node.map(withNumbers);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withNumbers(value)]));
}

/** One spec for each position of a config: together they are a pass. */
function specsOf(config: E2eSaeConfig, file: string, sources: E2eSaeSources): SpecDocument[] {
  const refuse = (place: string, problem: string): never => {
    throw new AppError('bad-spec', `${file}: ${place}: ${problem}.`, { file, place });
  };
  const { saes } = config;
  if (config.n_samples === null) refuse('n_samples', 'say how many sequences to train on');
  const model = config.tlens_model_path ?? config.tlens_model_name;
  if (model === null) return refuse('tlens_model_name', 'is required but missing');
  const positions = matchPositions([saes.sae_positions].flat(), file, () =>
    sources.hookNames(model),
  );
  // A later file overrides an earlier one.
  const saved = new Map<string, string>();
  for (const name of [saes.pretrained_sae_paths ?? []].flat()) {
    const { path, positions: held } = sources.openSaved(name);
    const odd = held.find((position) => !positions.includes(position));
    if (odd !== undefined || held.length === 0)
      refuse(
        'saes.pretrained_sae_paths',
        held.length === 0
          ? `${name} holds no dictionaries of e2e_sae`
          : `${name} holds a dictionary at ${odd}, which is not among sae_positions`,
      );
    for (const position of held) saved.set(position, path);
  }
  const common = commonSpec(config, positions);
  return positions.map((hook) => {
    const start = saved.get(hook);
    const frozen = start !== undefined && !saes.retrain_saes;
    const dictionary = {
      ratio: saes.dict_size_to_input_ratio,
      ...(start !== undefined && { start }),
      ...(frozen && { frozen }),
    };
    return { ...common, hook, model, dictionary };
  });
}

function commonSpec(config: E2eSaeConfig, positions: readonly string[]): SpecDocument {
  const { train_data: trainData, eval_data: evalData } = config;
  const batch = config.effective_batch_size ?? config.batch_size;
  const windows = config.collect_act_frequency_every_n_samples > 0;
  return {
    kind: 'train',
    name: runName(config, positions),
    processing: 'transformer-lens',
    tokens: tokensOf(trainData),
    seeds: [config.seed],
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

/**
 * One job that trains what several configs say, which share all but what variants may vary.
 * @param passes for each config, what it trains in the same pass
 */
function joinSpecs(
  passes: readonly (readonly SpecDocument[])[],
  file: string,
): Record<string, unknown> {
  const specs = passes.flat();
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
  const distinct = new Map(
    passes.map((members) => [canonicalJson(members.map(variantOf)), members.map(variantOf)]),
  );
  const groups = [...distinct.values()];
  const name = passes.length === 1 ? first.name : file.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
  const isJoint = groups.some((members) => members.length > 1);
  const variants = groups.flatMap((members, pass) =>
    members.map((variant) => (isJoint && groups.length > 1 ? { ...variant, pass } : variant)),
  );
  if (variants.length === 1) return { ...first, name, seeds };
  // What one dictionary starts from is its own: it must not reach others through the spec around them.
  const { ratio } = first['dictionary'] as { ratio: number };
  const base = { ...first, dictionary: { ratio } };
  return { ...base, name, seeds, ...(isJoint && { pathway: 'joint' }), variants };
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
