import * as v from 'valibot';
import { evaluationSpecSchema } from '../domain/evaluation.ts';
import { count, id, maybeNumber, shortText, text, time } from '../domain/schemas.ts';
import { limits } from '../limits.ts';
import { operation } from './define.ts';
import { errorJson } from './project.ts';
import { warning } from './statistics.ts';

const interval = v.object({ low: maybeNumber, high: maybeNumber });

/** A log of the project by its header, with the condition that it suggests. */
export const evaluationLog = v.object({
  path: shortText,
  bytes: count,
  format: shortText,
  task: shortText,
  model: shortText,
  created: v.nullable(shortText),
  /** `started` for a log that was never finished. */
  status: shortText,
  solvers: v.array(shortText),
  tags: v.array(shortText),
  samples: count,
  epochs: count,
  scorers: v.array(shortText),
  condition: shortText,
  noScratchpad: v.boolean(),
  /** What the suggestion was read from. */
  why: shortText,
});
export type EvaluationLog = v.InferOutput<typeof evaluationLog>;

/** Samples of a condition that show room to think, by what shows it. */
export const scratchpadSigns = v.object({
  /** Samples whose transcript was looked through. */
  checked: count,
  withoutTranscript: count,
  reasoningTokens: count,
  reasoningBlocks: count,
  redactedBlocks: count,
  thinkTags: count,
  toolCalls: count,
  severalTurns: count,
  /** Samples with at least one of them. */
  any: count,
  examples: v.array(v.object({ log: shortText, sample: shortText, epoch: count, sign: shortText })),
});
export type ScratchpadSigns = v.InferOutput<typeof scratchpadSigns>;

export const evaluationCondition = v.object({
  name: shortText,
  noScratchpad: v.boolean(),
  models: v.array(shortText),
  logs: count,
  /** Samples read, every epoch its own. */
  samples: count,
  errored: count,
  limited: count,
  /** Without a number from the scorer. */
  unscored: count,
  /** Found again in a later log of the condition, which holds. */
  replaced: count,
  /** Items that are scored, epochs averaged. */
  items: count,
  mean: maybeNumber,
  se: maybeNumber,
  /** Clusters behind `se`; null where it is not clustered. */
  clusters: v.nullable(count),
  ...interval.entries,
  intervalKind: v.picklist(['wilson', 't', 'clustered t']),
  /** Where every item is right or wrong. */
  successes: v.nullable(count),
  /** One-sided upper bound of Clopper and Pearson. */
  upper: maybeNumber,
  /** 3/n, where nothing succeeded. */
  ruleOfThree: maybeNumber,
  signs: scratchpadSigns,
});
export type EvaluationCondition = v.InferOutput<typeof evaluationCondition>;

/** Two conditions on the items that both have; differences are first minus second. */
export const evaluationPair = v.object({
  first: shortText,
  second: shortText,
  n: count,
  unpairedFirst: count,
  unpairedSecond: count,
  /** Samples of paired items in epochs that only one of the two has scored. */
  unmatchedEpochs: count,
  /** Paired items whose question or target is not the same in both. */
  differentInput: count,
  /** Items by who is right; null for graded scores. */
  table: v.nullable(v.object({ both: count, onlyFirst: count, onlySecond: count, neither: count })),
  meanFirst: maybeNumber,
  meanSecond: maybeNumber,
  difference: maybeNumber,
  se: maybeNumber,
  clusters: v.nullable(count),
  ...interval.entries,
  intervalKind: v.picklist(['newcombe', 't', 'clustered t']),
  wald: v.nullable(interval),
  bonettPrice: v.nullable(interval),
  bootstrap: v.nullable(interval),
  exactP: maybeNumber,
  midP: maybeNumber,
  /** McNemar's statistic, plain and corrected for continuity. */
  chiSquare: maybeNumber,
  chiSquareCorrected: maybeNumber,
  /** Of the test that `test` names; the one that is adjusted. */
  p: maybeNumber,
  test: v.picklist(['exact McNemar', 'paired t', 'clustered t']),
  holm: maybeNumber,
  bh: maybeNumber,
  equivalence: v.object({
    margin: v.number(),
    /** Interval at the confidence at which two one-sided tests decide. */
    ...interval.entries,
    p: maybeNumber,
    isEquivalent: v.nullable(v.boolean()),
  }),
  /** The smallest true difference that this n would find with 80 % power. */
  detectable: maybeNumber,
  /** Items on which the two differ. */
  discordant: count,
});
export type EvaluationPair = v.InferOutput<typeof evaluationPair>;

export const evaluationDetail = v.object({
  id,
  name: shortText,
  createdAt: time,
  spec: evaluationSpecSchema,
  logs: v.array(
    v.object({
      ...v.omit(evaluationLog, ['why', 'solvers', 'tags', 'noScratchpad', 'scorers']).entries,
      sha256: shortText,
    }),
  ),
  scorer: shortText,
  scorers: v.array(shortText),
  isBinary: v.boolean(),
  baseline: shortText,
  conditions: v.array(evaluationCondition),
  pairs: v.array(evaluationPair),
  /** Items on which two conditions differ: in all, and how many of them are kept. */
  discordant: count,
  discordantKept: count,
  warnings: v.array(warning),
  method: text,
});
export type EvaluationDetail = v.InferOutput<typeof evaluationDetail>;

/** What one condition says of an item. */
export const itemCell = v.object({
  score: maybeNumber,
  /** Place in the list of logs. */
  log: count,
  epochs: v.array(count),
});

export const evaluationItem = v.object({
  /** Id of the sample in its logs. */
  sample: shortText,
  task: v.nullable(shortText),
  input: text,
  /** One for each condition, null where it lacks the item. */
  cells: v.array(v.nullable(itemCell)),
});
export type EvaluationItem = v.InferOutput<typeof evaluationItem>;

export const evaluationRow = v.object({
  id,
  name: shortText,
  createdAt: time,
  conditions: shortText,
  logs: count,
  items: count,
  warnings: count,
});
export type EvaluationRow = v.InferOutput<typeof evaluationRow>;

export const evaluationTranscript = v.object({
  id: shortText,
  epoch: count,
  target: text,
  messages: v.array(
    v.object({
      role: shortText,
      parts: v.array(v.object({ kind: shortText, text })),
    }),
  ),
  scores: v.array(v.object({ scorer: shortText, value: text, explanation: text })),
  error: v.nullable(text),
  limit: v.nullable(shortText),
  /** Too long to be shown whole. */
  isCut: v.boolean(),
});
export type EvaluationTranscript = v.InferOutput<typeof evaluationTranscript>;

const inProject = { project: id };
const ofEvaluation = { ...inProject, evaluation: id };

export const evaluationsContract = {
  /** The logs that the project folder holds, by their headers alone. */
  'evaluations.logs': operation(
    v.strictObject(inProject),
    v.object({
      logs: v.array(evaluationLog),
      problems: v.array(v.object({ path: shortText, error: errorJson })),
    }),
  ),
  'evaluations.create': operation(
    v.strictObject({ ...inProject, spec: v.record(v.string(), v.unknown()) }),
    evaluationDetail,
  ),
  /** How far the comparison has come that is being made; null where none is. */
  'evaluations.progress': operation(
    v.strictObject(inProject),
    v.nullable(v.object({ done: count, total: count, startedAt: time })),
  ),
  'evaluations.list': operation(v.strictObject(inProject), v.array(evaluationRow)),
  'evaluations.get': operation(v.strictObject(ofEvaluation), evaluationDetail),
  /** Items on which two conditions differ, by their places in the list of conditions. */
  'evaluations.items': operation(
    v.strictObject({
      ...ofEvaluation,
      first: count,
      second: count,
      /** Only those on which this one of the two is ahead. */
      ahead: v.optional(v.picklist(['first', 'second'])),
      offset: count,
      limit: v.pipe(count, v.maxValue(limits.pageRows)),
    }),
    v.object({ total: count, rows: v.array(evaluationItem) }),
  ),
  'evaluations.transcript': operation(
    v.strictObject({ ...inProject, log: shortText, sample: shortText, epoch: count }),
    evaluationTranscript,
  ),
};
