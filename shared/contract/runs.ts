import * as v from 'valibot';
import { operation, topic } from './define.ts';
import { errorJson } from './project.ts';
import { jobActions, jobStates } from '../domain/job-state.ts';
import { count, id, maybeNumber, shortText, text, time } from '../domain/schemas.ts';
import { importFormats } from '../domain/import-spec.ts';
import { runTypes } from '../domain/objective.ts';
import { limits } from '../limits.ts';

const metrics = v.record(v.string(), maybeNumber);
const json = v.record(v.string(), v.unknown());

export const runRow = v.object({
  id,
  job: id,
  name: shortText,
  /** The user's own name for it; empty where there is none. */
  label: shortText,
  seed: count,
  state: v.picklist(jobStates),
  hook: shortText,
  model: shortText,
  dictionary: v.nullable(id),
  createdAt: time,
  /** Seconds of work, pauses excluded; null before the start. */
  seconds: maybeNumber,
  engine: v.nullable(shortText),
  metrics,
  /** Of a run that another tool did; null for Assay's own. */
  imported: v.nullable(
    v.object({
      /** Path or address that it was read from. */
      from: shortText,
      format: v.nullable(v.picklist(importFormats)),
      /** What the x of its curves counts. */
      x: v.picklist(['tokens', 'steps']),
    }),
  ),
});
export type RunRow = v.InferOutput<typeof runRow>;

/** Mean over replicates, one value for each seed, with a 95 % t interval; low and high are null for n = 1. */
export const metricSummary = v.object({
  n: count,
  mean: maybeNumber,
  low: maybeNumber,
  high: maybeNumber,
});
export type MetricSummary = v.InferOutput<typeof metricSummary>;

/** Runs whose specs differ in the seed alone. */
export const runGroup = v.object({
  key: shortText,
  name: shortText,
  hook: shortText,
  model: shortText,
  /** What kind of objective they were trained for; null where an imported config does not say. */
  type: v.nullable(v.picklist(runTypes)),
  /** Values of the spec fields in which the listed groups differ, by dotted path. */
  differing: v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()])),
  metrics: v.record(v.string(), metricSummary),
  runs: v.array(runRow),
});
export type RunGroup = v.InferOutput<typeof runGroup>;

export const runDetail = v.object({
  run: runRow,
  spec: json,
  jobActions: v.array(v.picklist(jobActions)),
  jobError: v.nullable(errorJson),
  /** Config, seed, commit and dirty hash, data hashes, engine, device, versions. */
  provenance: json,
  artifacts: v.array(
    v.object({ kind: shortText, path: shortText, bytes: count, sha256: shortText }),
  ),
  notes: text,
  siblings: v.array(v.object({ id, seed: count })),
  /** Of an imported run: what was converted or left out. */
  importNotes: v.array(text),
});
export type RunDetail = v.InferOutput<typeof runDetail>;

/** One curve, thinned to buckets that keep each bucket's smallest and largest value. */
export const series = v.object({
  name: shortText,
  /** Points kept in the store, and buckets drawn. */
  total: count,
  drawn: count,
  /** x of the newest point inside the stretch that was asked for; null without points. */
  last: v.nullable(v.number()),
  /** Training tokens seen at each bucket's first point; steps where the run was imported with those. */
  x: v.array(v.number()),
  low: v.array(maybeNumber),
  high: v.array(maybeNumber),
});
export type Series = v.InferOutput<typeof series>;

/** One value that two specs, or a spec and today's files, do not share. */
export const difference = v.object({
  path: shortText,
  values: v.array(v.nullable(v.union([v.string(), v.number(), v.boolean()]))),
});

const inProject = { project: id };

export const runsContract = {
  'runs.groups': operation(
    v.strictObject({
      ...inProject,
      /** Words that must all occur in name, label, hook or state. */
      search: v.optional(shortText, ''),
      /** Names of the metrics to carry; null for all. */
      metrics: v.optional(v.nullable(v.array(shortText)), null),
      /** Groups to pass over: the `next` of the answer before. */
      offset: v.optional(count, 0),
    }),
    v.object({
      groups: v.array(runGroup),
      totalGroups: count,
      /** Where to go on; null at the end. */
      next: v.nullable(count),
      /** Names of the metrics that at least one run has. */
      metricNames: v.array(shortText),
      differingPaths: v.array(shortText),
      totalRuns: count,
    }),
  ),
  'runs.get': operation(v.strictObject({ ...inProject, run: id }), runDetail),
  'runs.series': operation(
    v.strictObject({
      ...inProject,
      runs: v.pipe(v.array(id), v.minLength(1), v.maxLength(64)),
      /** Null for all. */
      names: v.nullable(v.array(shortText)),
      buckets: v.pipe(count, v.minValue(2), v.maxValue(limits.seriesBuckets)),
      from: v.nullable(v.number()),
      to: v.nullable(v.number()),
    }),
    v.array(v.object({ run: id, series: v.array(series) })),
  ),
  'runs.setLabel': operation(
    v.strictObject({
      ...inProject,
      run: id,
      label: v.pipe(v.string(), v.maxLength(limits.labelCharacters)),
      notes: v.pipe(v.string(), v.maxLength(limits.noteCharacters)),
    }),
    v.null(),
  ),
  /** Spec fields in which the runs differ. */
  'runs.diff': operation(
    v.strictObject({ ...inProject, runs: v.pipe(v.array(id), v.minLength(2), v.maxLength(64)) }),
    v.array(difference),
  ),
  /** The spec of a run, and what of its inputs and surroundings is different today. */
  'runs.again': operation(
    v.strictObject({ ...inProject, run: id }),
    v.object({ spec: json, differences: v.array(difference) }),
  ),
  /** New points of one run while it trains: training tokens seen and values by series name. */
  'runs.points': topic(
    v.strictObject({ ...inProject, run: id }),
    v.object({ points: v.array(v.object({ x: v.number(), values: metrics })) }),
  ),
};
