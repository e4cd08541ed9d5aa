import * as v from 'valibot';
import { engineStatus } from '../../shared/contract/app.ts';
import { exportedDictionary, foundDictionary } from '../../shared/contract/dictionaries.ts';
import { fitDiagnostics } from '../../shared/contract/fit-diagnostics.ts';
import {
  evaluationDetail,
  evaluationItem,
  evaluationsContract,
  evaluationTranscript,
} from '../../shared/contract/evaluations.ts';
import { jobEstimate } from '../../shared/contract/jobs.ts';
import {
  correlation,
  fitCheck,
  fitDetail,
  tableDescription,
} from '../../shared/contract/statistics.ts';
import { evaluationSpecSchema } from '../../shared/domain/evaluation.ts';
import { trainSpecSchema, weightProcessings } from '../../shared/domain/train-spec.ts';
import { exportFormats } from '../../shared/domain/dictionary-form.ts';
import { count, id, shortText, text, time } from '../../shared/domain/schemas.ts';
import { packSchema } from '../../shared/domain/tokens.ts';

/**
 * The short calculations that the host asks of a worker (see query-service.ts), each with what goes
 * in and what comes out. Paths are absolute unless they
 * stand beside a `projectPath`; the host has checked them. Handlers parse their own input.
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
/** Token ids: a tensor of a safetensors file, a .npy file, or a folder of such. */
const tokens = v.object({ file: path, tensor: v.string() });
/** A file that was written, with its tensors and their shapes by name. */
const written = v.object({
  path,
  bytes: count,
  tensors: v.record(v.string(), v.array(count)),
});

/** A table, by its path relative to the project folder. */
const inTable = v.object({ projectPath: path, table: shortText });
const ofFit = v.object({ projectPath: path, spec: v.record(v.string(), v.unknown()) });

/** An imported dictionary, as it lies in its folder (see imported-dictionary.ts). */
const imported = v.object({ id, wasThere: v.boolean() });

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
  /** What taking a feature out does to the loss of each token after the first of some sequences. */
  ablate: query(
    v.object({
      model: path,
      dictionary: path,
      hook: shortText,
      feature: count,
      sequences: v.array(v.array(count)),
    }),
    v.object({ effects: v.array(v.array(v.number())) }),
  ),
  /**
   * Activations at hook points, `logits` and `ce`, of all token rows, into a new file; `meanCe` is the
   * mean of `ce`.
   */
  forward: query(
    v.object({
      model: path,
      processing: v.picklist(weightProcessings),
      tokens,
      hooks: v.array(v.string()),
      out: path,
    }),
    v.object({ ...written.entries, meanCe: v.nullable(v.number()) }),
  ),
  /** Text as rows of tokens, into a new file; taken up again where an earlier attempt ended. */
  tokenize: query(
    v.object({
      model: path,
      /** A file or a folder. */
      text: path,
      context: v.nullable(count),
      pack: packSchema,
      out: path,
    }),
    v.object({
      path,
      bytes: count,
      rows: count,
      context: count,
      documents: count,
      empty: count,
      short: count,
    }),
  ),
  /** The likeliest continuation of a text; `dictionary` is spliced in at its own hook point. */
  generate: query(
    v.object({ model: path, dictionary: v.nullable(path), prompt: text, count: count }),
    v.object({ prompt: text, text, ids: v.array(count) }),
  ),
  /** `features` and `reconstruction` of the tensor `x` [n, d], into a new file. */
  encode: query(v.object({ dictionary: path, input: path, out: path }), written),

  /** Decoder directions of one or two dictionaries in the plane, into a new file. */
  map: query(
    v.object({ dictionaries: v.array(path), neighbours: count, seed: count, out: path }),
    written,
  ),
  /** The dictionaries of a file or folder. */
  'dictionaries.inspect': query(
    v.object({ path }),
    v.object({ dictionaries: v.array(foundDictionary), warnings: v.array(text) }),
  ),
  /** Stores every dictionary of a file or folder in its own folder within `folder`. */
  'dictionaries.import': query(
    v.object({ path, source: shortText, folder: path, now: time }),
    v.object({ dictionaries: v.array(imported), warnings: v.array(text) }),
  ),
  /** Writes the dictionary of a file into the folder `out`. */
  'dictionaries.export': query(
    v.object({
      dictionary: path,
      /** What the project calls it. */
      place: v.object({ name: shortText, hook: shortText, model: shortText }),
      format: v.picklist(exportFormats),
      out: path,
    }),
    exportedDictionary,
  ),

  'tables.describe': query(inTable, tableDescription),
  'tables.rows': query(
    v.object({ ...inTable.entries, offset: count, limit: count }),
    v.object({ total: count, rows: v.array(v.array(v.nullable(text))) }),
  ),
  'tables.correlation': query(
    v.object({
      ...inTable.entries,
      columns: v.array(shortText),
      filter: v.optional(text),
      method: v.optional(v.picklist(['pearson', 'spearman'])),
    }),
    correlation,
  ),
  'fits.check': query(ofFit, fitCheck),
  'fits.diagnostics': query(ofFit, fitDiagnostics),
  'fits.create': query(ofFit, v.omit(fitDetail, ['id', 'name', 'createdAt'])),

  'evaluations.logs': query(
    v.object({ projectPath: path, paths: v.array(shortText) }),
    evaluationsContract['evaluations.logs'].output,
  ),
  /** A comparison without what the host adds, and the items on which conditions differ. */
  'evaluations.create': query(
    v.object({ projectPath: path, spec: evaluationSpecSchema }),
    v.object({
      detail: v.omit(evaluationDetail, ['id', 'name', 'createdAt']),
      items: v.array(evaluationItem),
    }),
  ),
  'evaluations.transcript': query(
    v.object({ projectPath: path, log: shortText, sample: shortText, epoch: count }),
    evaluationTranscript,
  ),
} as const;

export type Queries = typeof queries;
export type QueryName = keyof Queries;
export type QueryInput<K extends QueryName> = v.InferOutput<Queries[K]['input']>;
export type QueryOutput<K extends QueryName> = v.InferOutput<Queries[K]['output']>;
