import * as v from 'valibot';
import { jobProgress } from '../../shared/contract/jobs.ts';
import { errorJson } from '../../shared/contract/project.ts';
import { jobSpecSchema } from '../../shared/domain/job-spec.ts';
import { count, id, maybeNumber, shortText, text } from '../../shared/domain/schemas.ts';

/**
 * The messages between the host and a worker process. The host trusts none of what a worker sends:
 * each message is parsed with these schemas, and a worker that sends garbage is ended.
 *
 * A worker process serves one of two ends: it runs one job (`start`), or it answers queries, short
 * calculations that a page or a command waits for (`query`).
 */

export const jobAssignment = v.object({
  job: id,
  attempt: count,
  /** Absolute paths. */
  projectPath: v.string(),
  /** The job's own folder; the worker writes nowhere else. See job-folder.ts. */
  folder: v.string(),
  spec: jobSpecSchema,
  /** One run for each seed of the spec, in its order. */
  runs: v.array(v.object({ id, seed: count })),
});
export type JobAssignment = v.InferOutput<typeof jobAssignment>;

export const toWorker = v.variant('type', [
  v.object({ type: v.literal('start'), assignment: jobAssignment }),
  v.object({ type: v.literal('pause') }),
  v.object({ type: v.literal('resume') }),
  v.object({ type: v.literal('checkpoint') }),
  v.object({ type: v.literal('cancel') }),
  v.object({ type: v.literal('query'), id: count, name: shortText, input: v.unknown() }),
  v.object({ type: v.literal('cancel-query'), id: count }),
]);
export type ToWorker = v.InferOutput<typeof toWorker>;

export const fromWorker = v.variant('type', [
  /** The process is up and listens. */
  v.object({ type: v.literal('ready'), pid: count }),
  /** The job's inputs are checked and loaded; work begins. */
  v.object({
    type: v.literal('started'),
    engine: v.object({
      name: shortText,
      device: shortText,
      version: shortText,
      threads: count,
    }),
    /** Step of the checkpoint that the work continues from; null for a fresh start. */
    resumedFrom: v.nullable(count),
  }),
  /** Without having been asked where there is an error, such as a full disk; a resume tries again. */
  v.object({ type: v.literal('paused'), error: v.nullable(errorJson) }),
  v.object({ type: v.literal('resumed') }),
  v.object({ type: v.literal('progress'), progress: jobProgress }),
  /** Points of curves, already written to the run's points.jsonl. */
  v.object({
    type: v.literal('points'),
    run: id,
    points: v.array(v.object({ x: v.number(), values: v.record(v.string(), maybeNumber) })),
  }),
  v.object({
    type: v.literal('log'),
    level: v.picklist(['debug', 'info', 'warn', 'error']),
    message: text,
  }),
  v.object({ type: v.literal('checkpointed'), step: count }),
  /** result.json is complete in the job's folder: the host may import. */
  v.object({ type: v.literal('results') }),
  v.object({ type: v.literal('failed'), error: errorJson }),
  /** The job stopped because it was asked to; a checkpoint was written where there is something to keep. */
  v.object({ type: v.literal('cancelled') }),
  /** How far a query is, at most some times a second. */
  v.object({
    type: v.literal('query-progress'),
    id: count,
    done: count,
    total: count,
    phase: v.optional(shortText),
  }),
  v.object({ type: v.literal('answer'), id: count, result: v.unknown() }),
  v.object({ type: v.literal('query-failed'), id: count, error: errorJson }),
]);
export type FromWorker = v.InferOutput<typeof fromWorker>;
