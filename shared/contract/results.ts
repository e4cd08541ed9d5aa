import * as v from 'valibot';
import { operation } from './define.ts';
import { jobRow } from './jobs.ts';
import { importFormats } from '../domain/import-spec.ts';
import { count, id, shortText, text, time } from '../domain/schemas.ts';

/** A file or folder on the machine of the host: relative to the project, or absolute. */
const localPath = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));

/** Results that other tools made: runs with curves, and features of dictionaries. */
export const resultsContract = {
  /** What a file or folder holds, found by its content; null where it is nothing that is known. */
  'results.inspect': operation(
    v.strictObject({ project: id, path: localPath }),
    v.nullable(
      v.object({
        format: v.picklist(importFormats),
        reason: text,
        files: count,
        /** The import that read the same files, unchanged since; null where there is none. */
        earlier: v.nullable(v.object({ job: id, name: shortText, runs: v.array(id), at: time })),
      }),
    ),
  ),
  /**
   * Starts a job that reads it into the project: all of it, or nothing. What was imported already and has
   * not changed since is refused, unless it is asked for again.
   */
  'results.import': operation(
    v.strictObject({
      project: id,
      path: localPath,
      /** Of the job and what it makes; that of the file or folder where not given. */
      name: v.optional(v.pipe(shortText, v.minLength(1), v.maxLength(200))),
      again: v.optional(v.boolean()),
    }),
    jobRow,
  ),
};
