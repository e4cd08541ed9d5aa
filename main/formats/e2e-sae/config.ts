import * as v from 'valibot';
import { AppError } from '../../../shared/errors.ts';

/**
 * A run config of e2e_sae (v2.1.1, its `Config` class): every field with its default; unknown keys are
 * refused, as there. Lengths are counted in sequences.
 */
const positiveInt = v.pipe(v.number(), v.integer(), v.minValue(1));
const naturalInt = v.pipe(v.number(), v.integer(), v.minValue(0));
const coefficient = v.strictObject({ coeff: v.number() });
const names = v.union([v.string(), v.pipe(v.array(v.string()), v.minLength(1))]);

const dataSchema = v.strictObject({
  dataset_name: v.string(),
  is_tokenized: v.optional(v.boolean(), true),
  tokenizer_name: v.nullish(v.string(), null),
  streaming: v.optional(v.boolean(), true),
  split: v.string(),
  n_ctx: positiveInt,
  seed: v.nullish(naturalInt, null),
  column_name: v.optional(v.string(), 'input_ids'),
});

const configSchema = v.strictObject({
  wandb_project: v.nullish(v.string(), null),
  wandb_run_name: v.nullish(v.string(), null),
  wandb_run_name_prefix: v.optional(v.string(), ''),
  seed: v.optional(naturalInt, 0),
  tlens_model_name: v.nullish(v.string(), null),
  tlens_model_path: v.nullish(v.string(), null),
  save_dir: v.nullish(v.string(), null),
  n_samples: v.nullish(positiveInt, null),
  save_every_n_samples: v.nullable(positiveInt),
  eval_every_n_samples: v.nullish(positiveInt, null),
  eval_n_samples: v.nullable(positiveInt),
  batch_size: positiveInt,
  effective_batch_size: v.nullish(positiveInt, null),
  lr: v.pipe(v.number(), v.gtValue(0)),
  lr_schedule: v.optional(v.picklist(['linear', 'cosine']), 'cosine'),
  min_lr_factor: v.optional(v.pipe(v.number(), v.minValue(0)), 0.1),
  warmup_samples: v.optional(naturalInt, 0),
  cooldown_samples: v.optional(naturalInt, 0),
  max_grad_norm: v.nullish(v.pipe(v.number(), v.gtValue(0)), null),
  log_every_n_grad_steps: v.optional(positiveInt, 20),
  collect_act_frequency_every_n_samples: v.optional(naturalInt, 20_000),
  act_frequency_n_tokens: v.optional(positiveInt, 100_000),
  /** Deprecated there, and dropped. */
  collect_output_metrics_every_n_samples: v.optional(v.unknown()),
  loss: v.strictObject({
    sparsity: v.strictObject({ coeff: v.number(), p_norm: v.optional(v.number(), 1) }),
    in_to_orig: v.nullable(v.strictObject({ total_coeff: v.number(), hook_positions: names })),
    out_to_orig: v.nullable(coefficient),
    out_to_in: v.nullable(coefficient),
    logits_kl: v.nullable(coefficient),
  }),
  train_data: dataSchema,
  eval_data: v.nullish(dataSchema, null),
  saes: v.strictObject({
    dict_size_to_input_ratio: v.optional(v.pipe(v.number(), v.gtValue(0)), 1),
    pretrained_sae_paths: v.nullish(names, null),
    retrain_saes: v.optional(v.boolean(), false),
    sae_positions: names,
  }),
});

export type E2eSaeConfig = v.InferOutput<typeof configSchema>;
export type E2eSaeData = v.InferOutput<typeof dataSchema>;

/** @throws AppError `bad-spec` naming file and field. */
export function parseE2eSaeConfig(document: unknown, file: string): E2eSaeConfig {
  const parsed = v.safeParse(configSchema, document);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  const place = issue.path?.map((item) => String(item.key)).join('.') ?? 'top level';
  const problem =
    issue.expected === 'never' ? 'is not a field of an e2e_sae config' : issue.message;
  throw new AppError('bad-spec', `${file}: ${place}: ${problem}.`, { file, place });
}
