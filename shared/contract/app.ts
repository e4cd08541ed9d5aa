import * as v from 'valibot';
import { operation, topic } from './define.ts';
import { count, shortText, time } from '../domain/schemas.ts';

export const engineStatus = v.object({
  name: v.picklist(['tensorflow', 'wasm', 'reference']),
  available: v.boolean(),
  device: v.nullable(shortText),
  version: v.nullable(shortText),
  threads: v.nullable(count),
  /** Why it is not available and what to do about it; null where it is. */
  why: v.nullable(shortText),
});
export type EngineStatus = v.InferOutput<typeof engineStatus>;

export const appInfo = v.object({
  version: shortText,
  shell: v.picklist(['electron', 'headless']),
  platform: shortText,
  engines: v.array(engineStatus),
  electron: v.nullable(shortText),
  node: shortText,
  sqlite: shortText,
  /** The engine that `auto` means here. */
  defaultEngine: shortText,
  sampleProject: v.nullable(shortText),
});
export type AppInfo = v.InferOutput<typeof appInfo>;

const recentProject = v.object({
  path: shortText,
  name: shortText,
  openedAt: time,
  exists: v.boolean(),
});
export type RecentProject = v.InferOutput<typeof recentProject>;

const folderEntry = v.object({
  name: shortText,
  path: shortText,
  /** It holds an `.assay` folder. */
  isProject: v.boolean(),
});

/** What the shell around the page asks of it: from the menu, a second start, a dropped folder. */
export const shellCommand = v.variant('type', [
  /** Runs an action of the page, by its id. */
  v.object({ type: v.literal('action'), id: shortText }),
  v.object({ type: v.literal('open-folder'), path: shortText }),
]);
export type ShellCommand = v.InferOutput<typeof shellCommand>;

export const appContract = {
  'app.info': operation(v.strictObject({}), appInfo),
  'app.recent': operation(v.strictObject({}), v.array(recentProject)),
  'app.forgetRecent': operation(v.strictObject({ path: shortText }), v.null()),
  /** The system's folder dialog; null where the user cancelled. `unsupported` in the headless shell. */
  'app.chooseFolder': operation(v.strictObject({}), v.nullable(shortText)),
  /** Folders inside a folder, and its files where they are asked for, to choose one of them. */
  'app.browse': operation(
    v.strictObject({ path: v.nullable(shortText), files: v.optional(v.boolean(), false) }),
    v.object({
      path: shortText,
      parent: v.nullable(shortText),
      folders: v.array(folderEntry),
      files: v.array(v.object({ name: shortText, path: shortText, bytes: count })),
    }),
  ),
  /** Copies the sample project to a place where it can be written and answers its path. */
  'app.prepareSample': operation(v.strictObject({}), shortText),
  'app.command': topic(v.strictObject({}), shellCommand),
};
