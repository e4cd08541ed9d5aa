import * as v from 'valibot';
import { operation, topic } from './define.ts';
import { errorCodes } from '../errors.ts';
import { count, id, shortText, text, time } from '../domain/schemas.ts';
import { limits } from '../limits.ts';

export const errorJson = v.object({
  code: v.picklist(errorCodes),
  message: text,
  details: v.record(v.string(), v.unknown()),
});

export const projectInfo = v.object({
  id,
  path: shortText,
  name: shortText,
  openedAt: time,
});
export type ProjectInfo = v.InferOutput<typeof projectInfo>;

export const itemKinds = [
  'model',
  'tokens',
  'table',
  'labels',
  'spec',
  'evaluation',
  'text',
  'other',
] as const;

/** Something that Assay found in the project folder. */
export const foundItem = v.object({
  kind: v.picklist(itemKinds),
  /** Relative to the project folder, with forward slashes. */
  path: shortText,
  name: shortText,
  format: shortText,
  bytes: count,
  /** What matters about it, in a few words each: `4 layers`, `d 128`, `1,024 tokens`. */
  facts: v.array(shortText),
  /** Numbers that forms need, such as layers, width, rows, context. */
  numbers: v.record(v.string(), v.number()),
  /** Why it cannot be used as it is. */
  problem: v.nullable(errorJson),
});
export type FoundItem = v.InferOutput<typeof foundItem>;

export const projectOverview = v.object({
  info: projectInfo,
  items: v.array(foundItem),
  /** The scan stopped at its limit of files; more may be there. */
  truncated: v.boolean(),
  counts: v.object({
    runs: count,
    dictionaries: count,
    fits: count,
    reports: count,
    interrupted: count,
  }),
  notes: text,
});
export type ProjectOverview = v.InferOutput<typeof projectOverview>;

const inProject = { project: id };

export const projectContract = {
  'project.open': operation(v.strictObject({ path: shortText }), projectInfo),
  /** The project that the shell opened at its start, if any. */
  'project.initial': operation(v.strictObject({}), v.nullable(projectInfo)),
  /**
   * After `database-corrupt`: sets the damaged database aside, unchanged, and takes the newest backup
   * or a new one; finished jobs are then read in again from their folders.
   */
  'project.repair': operation(
    v.strictObject({ path: shortText, from: v.picklist(['backup', 'nothing']) }),
    projectInfo,
  ),
  'project.close': operation(v.strictObject(inProject), v.null()),
  'project.overview': operation(v.strictObject(inProject), projectOverview),
  'project.rescan': operation(v.strictObject(inProject), projectOverview),
  'project.setNotes': operation(
    v.strictObject({
      ...inProject,
      notes: v.pipe(v.string(), v.maxLength(limits.noteCharacters)),
    }),
    v.null(),
  ),
  /** Something in the project changed; what was read before may be stale. */
  'project.changed': topic(
    v.strictObject(inProject),
    v.object({
      what: v.picklist([
        'items',
        'jobs',
        'runs',
        'features',
        'comparisons',
        'fits',
        'evaluations',
        'reports',
      ]),
    }),
  ),
};
