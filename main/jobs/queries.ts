import * as v from 'valibot';
import { engineStatus } from '../../shared/contract/app.ts';
import { jobEstimate } from '../../shared/contract/jobs.ts';
import { columnSummary, correlation, fitDetail } from '../../shared/contract/statistics.ts';
import { regressSpecSchema, trainSpecSchema } from '../../shared/domain/job-spec.ts';
import { count, shortText, text } from '../../shared/domain/schemas.ts';

/**
 * The short calculations that the host asks of a worker (see query-service.ts), each with what goes
 * in and what comes out. All paths are absolute and were checked by the host.
 */
interface Query<I extends v.GenericSchema, O extends v.GenericSchema> {
  readonly input: I;
  readonly output: O;
}

function query<I extends v.GenericSchema, O extends v.GenericSchema>(
  input: I,
  output: O,
): Query<I, O> {
  return { input, output };
}

const path = v.string();
/** A tensor of token ids in a safetensors file. */
const tokens = v.object({ file: path, tensor: v.string() });
/** A file that was written, with its tensors and their shapes by name. */
const written = v.object({
  path,
  bytes: count,
  tensors: v.record(v.string(), v.array(count)),
});

export const queries = {
  engines: query(
    v.object({}),
    v.object({ engines: v.array(engineStatus), defaultEngine: shortText }),
  ),

  /** What training will need; refuses inputs that are missing or do not fit each other. */
  estimate: query(v.object({ projectPath: path, spec: trainSpecSchema }), jobEstimate),
  /** Activation of one feature on each token of a text, after the model's own tokenizer. */
  'try-text': query(
    v.object({ model: path, dictionary: path, hook: shortText, feature: count, text }),
    v.object({
      tokens: v.array(text),
      ids: v.array(count),
      activations: v.array(v.number()),
      truncated: v.boolean(),
    }),
  ),
  /** Activations at hook points, `logits` and `ce`, of all token rows, into a new file. */
  forward: query(v.object({ model: path, tokens, hooks: v.array(v.string()), out: path }), written),
  /** `features` and `reconstruction` of the tensor `x` [n, d], into a new file. */
  encode: query(v.object({ dictionary: path, input: path, out: path }), written),

  'describe-table': query(
    v.object({ file: path }),
    v.object({
      rows: count,
      columns: v.array(columnSummary),
      delimiter: shortText,
      sha256: shortText,
      note: v.nullable(text),
    }),
  ),
  'table-rows': query(
    v.object({ file: path, offset: count, limit: count }),
    v.object({ total: count, rows: v.array(v.array(v.nullable(text))) }),
  ),
  correlation: query(
    v.object({ file: path, columns: v.array(shortText), filter: v.optional(text) }),
    correlation,
  ),
  fit: query(
    v.object({ file: path, spec: regressSpecSchema }),
    v.omit(fitDetail, ['id', 'createdAt']),
  ),
} as const;

export type Queries = typeof queries;
export type QueryName = keyof Queries;
export type QueryInput<K extends QueryName> = v.InferOutput<Queries[K]['input']>;
export type QueryOutput<K extends QueryName> = v.InferOutput<Queries[K]['output']>;

/** Handlers of some of the queries, as the worker's registries export them. */
export type QueryHandlers<K extends QueryName> = {
  readonly [Q in K]: (
    input: QueryInput<Q>,
    context: { readonly signal: AbortSignal },
  ) => Promise<QueryOutput<Q>>;
};
