import * as v from 'valibot';
import { join } from 'node:path';
import { count, id, maybeNumber, shortText } from '../../shared/domain/schemas.ts';

/**
 * The files of one job, `.assay/runs/<job id>/`. The worker writes them, the host imports them; a
 * folder written on a cluster node imports the same way. Replicates trained together share it.
 *
 *   spec.json                  the job spec with its defaults
 *   provenance.json            config, commit, hashes of the inputs, engine, device, versions
 *   log.jsonl                  {time, level, message}
 *   tokens.safetensors         `input_ids` int32 [rows, context]: the sequences behind the features;
 *                              by_id int32 [rows * context]: tokens (row * context + position) in the
 *                              order of their ids, those of id v from id_pointers[v] up to the next
 *   vocabulary.json            token id -> text, an array
 *   checkpoints/step-NNNNNNNN/ see checkpoint.ts; of a stability job its refits so far (refits.safetensors)
 *   chunks/                    activations on their way into the files below
 *   <run id>/points.jsonl      {x, values}, one line per logged step; x counts training tokens
 *   <run id>/metrics.json      final metrics by name (shared/domain/metrics.ts)
 *   <run id>/dictionary.safetensors
 *   <run id>/features.safetensors
 *   <run id>/activations.safetensors
 *   <dictionary id>/           of a features job: the features and activations of each dictionary
 *   <run id>/labels.json       of an import: labels that came with the features, oldest first
 *   fit.json                   of a regression job: the fit as the contract shows it
 *   stability.json             of a stability job: the study as the contract shows it
 *   prediction.json            of a prediction job: its result as the contract shows it
 *   result.json                written last: every file with its size and SHA-256
 *
 * dictionary.safetensors is in SAELens' orientation: W_enc [d, n], b_enc [n], W_dec [n, d] with
 * unit rows, b_dec [d], float32; its metadata carry architecture, hook point and model.
 *
 * features.safetensors, for n latents over N tokens (k, b and p as found in the shapes):
 *   count int32 [n]; sum, sum_squares float64 [n]; max float32 [n]; histogram int32 [n, b] in equal bins on (0, max];
 *   density_by_position float32 [n, p]; encoder_decoder_cosine float32 [n];
 *   top int32 [n, k, 2] (row, position; -1 where there are fewer), top_value float32 [n, k];
 *   quantile int32 [n, 5, q, 2], quantile_value float32 [n, 5, q]: equal-width bands of (0, max],
 *   from low to high, sampled with a stored seed; quantile_count int32 [n, 5];
 *   random int32 [n, r, 2]: drawn from all activations; near_miss int32 [n, m, 2]: tokens of the id that
 *   the top ones share most on which the feature is silent, drawn from near_miss_count int32 [n];
 *   logit_histogram int32 [n, l] in equal bins between logit_range float32 [n, 2];
 *   promoted, suppressed int32 [n, k], promoted_value, suppressed_value float32 [n, k];
 *   decoder_neighbour, encoder_neighbour int32 [n, k] and .._cosine float32 [n, k];
 *   match int32 [n, s], match_cosine float32 [n, s]: best feature in each other run of the job, in
 *   the order of result.json; auc float32 [n, p] against the p properties named in metadata
 *   `properties` (JSON array), positives int32 [p]; auc_by_half float32 [n, p, 2] on the sequences of
 *   even and of odd number; token_auc float32 [p], what the token alone tells on those of odd number.
 *
 * activations.safetensors: see main/formats/activation-file.ts.
 *
 * Of an import the metadata of features.safetensors say `activations: examples`: only the tokens of the
 * examples are known, sequences shorter than the context end in tokens of id -1, and ids count the words
 * of vocabulary.json as they came.
 */
export const resultSchema = v.object({
  version: v.literal(1),
  job: id,
  attempt: count,
  /** Where there are features: their tokens. */
  featureTokens: count,
  context: count,
  runs: v.array(
    v.object({
      id,
      seed: count,
      /**
       * Id that the dictionary will have; minted by the worker so that importing twice is harmless. Null
       * for a run that was imported without one.
       */
      dictionary: v.nullable(id),
      hook: shortText,
      architecture: shortText,
      dIn: count,
      latents: count,
      metrics: v.record(v.string(), maybeNumber),
      /** Null where the tool that an imported run comes from does not say. */
      seconds: v.nullable(v.number()),
      /** Of an imported run, what the spec says of any other. */
      imported: v.optional(
        v.object({
          name: shortText,
          model: shortText,
          groupKey: shortText,
          /** What the x of its points counts. */
          x: v.picklist(['tokens', 'steps']),
          config: v.record(v.string(), v.unknown()),
        }),
      ),
    }),
  ),
  /** Of a features job: the dictionaries whose features it collected, in the order of its spec. */
  features: v.optional(v.array(v.object({ dictionary: id, model: shortText }))),
  files: v.array(v.object({ kind: shortText, path: shortText, bytes: count, sha256: shortText })),
});
export type JobResult = v.InferOutput<typeof resultSchema>;

export const jobFiles = {
  spec: 'spec.json',
  provenance: 'provenance.json',
  log: 'log.jsonl',
  tokens: 'tokens.safetensors',
  vocabulary: 'vocabulary.json',
  checkpoints: 'checkpoints',
  chunks: 'chunks',
  /** Of a regression job: the fit as the contract shows it. */
  fit: 'fit.json',
  /** Of a stability job: the study as the contract shows it. */
  stability: 'stability.json',
  /** Of a prediction job: its result as the contract shows it. */
  prediction: 'prediction.json',
  result: 'result.json',
} as const;

export const runFiles = {
  points: 'points.jsonl',
  metrics: 'metrics.json',
  dictionary: 'dictionary.safetensors',
  features: 'features.safetensors',
  activations: 'activations.safetensors',
  /** Of an import: labels that came with the features. */
  labels: 'labels.json',
} as const;

/** Folder of a job inside a project. */
export function jobFolder(projectPath: string, job: string): string {
  return join(projectPath, '.assay', 'runs', job);
}
