import * as v from 'valibot';
import { operation, topic } from './define.ts';
import { errorJson } from './project.ts';
import { jobActions, jobStates } from '../domain/job-state.ts';
import { count, id, maybeNumber, shortText, text, time } from '../domain/schemas.ts';
import { limits } from '../limits.ts';

export const jobProgress = v.object({
  /** What is being done, such as `training` or `evaluating`. */
  phase: shortText,
  done: count,
  total: count,
  /** Of done and total, such as `tokens`. */
  unit: shortText,
  /** Units per second over the last seconds. */
  rate: maybeNumber,
  remainingSeconds: maybeNumber,
});
export type JobProgress = v.InferOutput<typeof jobProgress>;

export const jobRow = v.object({
  id,
  kind: v.picklist(['train', 'regress', 'stability', 'compare', 'features', 'import', 'predict']),
  name: shortText,
  state: v.picklist(jobStates),
  actions: v.array(v.picklist(jobActions)),
  createdAt: time,
  startedAt: v.nullable(time),
  endedAt: v.nullable(time),
  attempt: count,
  progress: v.nullable(jobProgress),
  error: v.nullable(errorJson),
  /** Step of the newest checkpoint that a resume would start from. */
  checkpointStep: v.nullable(count),
  runs: v.array(id),
  /** Of a job of kind `features`, the dictionaries whose features it counts. */
  dictionaries: v.array(id),
});
export type JobRow = v.InferOutput<typeof jobRow>;

export const logLine = v.object({
  time,
  level: v.picklist(['debug', 'info', 'warn', 'error']),
  message: text,
});
export type LogLine = v.InferOutput<typeof logLine>;

/** What a job will need, told before it starts. */
export const jobEstimate = v.object({
  /** Optimiser steps. */
  steps: count,
  tokens: count,
  parameters: count,
  /** Main memory of the worker at its peak, and what the machine has free. */
  memoryBytes: count,
  memoryAvailableBytes: count,
  /** Disk that results and checkpoints will take. */
  diskBytes: count,
  engine: shortText,
});
export type JobEstimate = v.InferOutput<typeof jobEstimate>;

const inProject = { project: id };

export const jobsContract = {
  /** Checks a spec, as an object or as YAML text, and estimates what it needs. Starts nothing. */
  'jobs.check': operation(
    v.strictObject({
      ...inProject,
      spec: v.union([
        v.pipe(v.string(), v.maxLength(limits.frameBytes / 2)),
        v.record(v.string(), v.unknown()),
      ]),
    }),
    v.object({
      spec: v.nullable(v.record(v.string(), v.unknown())),
      estimate: v.nullable(jobEstimate),
      problem: v.nullable(errorJson),
    }),
  ),
  /** Text of a spec file of the project, for editing. `path` is relative to its folder. */
  'jobs.readSpec': operation(
    v.strictObject({ ...inProject, path: shortText }),
    v.object({ text: v.pipe(v.string(), v.maxLength(limits.frameBytes / 2)) }),
  ),
  'jobs.submit': operation(
    v.strictObject({
      ...inProject,
      spec: v.union([
        v.pipe(v.string(), v.maxLength(limits.frameBytes / 2)),
        v.record(v.string(), v.unknown()),
      ]),
    }),
    jobRow,
  ),
  'jobs.list': operation(v.strictObject(inProject), v.array(jobRow)),
  'jobs.get': operation(v.strictObject({ ...inProject, job: id }), jobRow),
  'jobs.act': operation(
    v.strictObject({ ...inProject, job: id, action: v.picklist(jobActions) }),
    jobRow,
  ),
  'jobs.log': operation(
    v.strictObject({ ...inProject, job: id, after: count, limit: v.pipe(count, v.maxValue(2000)) }),
    v.object({ lines: v.array(logLine), next: count }),
  ),
  /** Each change of state or progress of any job of the project. */
  'jobs.changed': topic(v.strictObject(inProject), jobRow),
};
