import * as v from 'valibot';
import { operation, topic } from './define.ts';
import { jobProgress } from './jobs.ts';
import { errorJson } from './project.ts';
import { count, id, shortText, text, time } from '../domain/schemas.ts';

const hub = v.picklist(['wandb', 'hf']);

/** What an address holds: things to look into, or files. */
export const hubEntry = v.object({
  kind: v.picklist(['project', 'run', 'repository', 'folder', 'file']),
  /** Its own part of the address. */
  name: shortText,
  /** What people call it; empty where that is the name. */
  title: shortText,
  address: shortText,
  facts: v.array(shortText),
  /** Of a file, where the hub tells. */
  bytes: v.nullable(count),
  changedAt: v.nullable(time),
  /** Part of a dictionary, so that it is taken unless the user chooses otherwise. */
  suggested: v.boolean(),
});
export type HubEntry = v.InferOutput<typeof hubEntry>;

export const hubListing = v.object({
  /** As it was asked for, with the commit in place of a branch. */
  address: shortText,
  entries: v.array(hubEntry),
  /** Where to go on; null at the end. */
  next: v.nullable(shortText),
  /** Hosts that were asked for this. */
  hosts: v.array(shortText),
});
export type HubListing = v.InferOutput<typeof hubListing>;

/** How much of the curves of a run is fetched: every row, a sample of the server's, or nothing of the run. */
export const curveChoices = ['all', 'sampled', 'none'] as const;
export type CurveChoice = (typeof curveChoices)[number];

/** What is wanted of one address. */
export const hubSelection = v.strictObject({
  address: shortText,
  /** Files and folders by their whole paths in the run or repository; null for what a dictionary consists of, empty for none. */
  paths: v.nullable(v.pipe(v.array(shortText), v.maxLength(2000))),
});
export type HubSelection = v.InferOutput<typeof hubSelection>;

const wanted = {
  selections: v.pipe(v.array(hubSelection), v.minLength(1), v.maxLength(200)),
  curves: v.optional(v.picklist(curveChoices), 'all'),
};

/** What a download would fetch, told before it begins. */
export const hubPlan = v.object({
  selections: v.array(hubSelection),
  /** Names of the runs whose config, summary and curves come along. */
  runs: v.array(shortText),
  /** The first of the files. */
  files: v.array(
    v.object({
      address: shortText,
      path: shortText,
      bytes: v.nullable(count),
      /** The content is in the project's cache already. */
      isHere: v.boolean(),
    }),
  ),
  fileCount: count,
  /** Of all files whose size is known, and of those still to fetch. */
  bytes: count,
  missingBytes: count,
  hosts: v.array(shortText),
});
export type HubPlan = v.InferOutput<typeof hubPlan>;

const fetchedDictionary = v.object({
  id,
  name: shortText,
  format: shortText,
  architecture: shortText,
  dIn: count,
  dSae: count,
  hook: shortText,
});
export type FetchedDictionary = v.InferOutput<typeof fetchedDictionary>;

export const transferStates = [
  'running',
  'importing',
  'done',
  'failed',
  'cancelled',
  'interrupted',
] as const;

export const hubTransfer = v.object({
  id,
  /** Its first address. */
  name: shortText,
  state: v.picklist(transferStates),
  createdAt: time,
  fileCount: count,
  filesDone: count,
  progress: v.nullable(jobProgress),
  error: v.nullable(errorJson),
  /** Hosts that were contacted, those of redirects among them. */
  hosts: v.array(shortText),
  dictionaries: v.array(fetchedDictionary),
  runs: v.array(id),
  warnings: v.array(text),
});
export type HubTransfer = v.InferOutput<typeof hubTransfer>;

export const hubAccount = v.object({
  hub,
  title: shortText,
  /** The host that would be asked. */
  host: shortText,
  /** Where a key comes from; null where there is none. */
  source: v.nullable(v.picklist(['keychain', 'environment', 'project'])),
  /** A key can be entered here. */
  canKeep: v.boolean(),
  /** How a key is given, or why it is forgotten at the end of the session. */
  advice: shortText,
});
export type HubAccount = v.InferOutput<typeof hubAccount>;

/** Its text is never repeated in a message. */
const key = v.pipe(
  v.string('is no text'),
  v.check((value) => /^[\x21-\x7e]{8,500}$/.test(value), 'is not the form of a key'),
);

const inProject = { project: id };

export const hubsContract = {
  /** Nothing is contacted for this. */
  'hubs.accounts': operation(v.strictObject(inProject), v.array(hubAccount)),
  /** Keeps a key in the system's keychain. `unsupported` where there is none. */
  'hubs.setKey': operation(v.strictObject({ hub, key }), v.null()),
  'hubs.removeKey': operation(v.strictObject({ hub }), v.null()),
  /** One page of what an address holds. */
  'hubs.list': operation(
    v.strictObject({ ...inProject, address: shortText, next: v.nullable(shortText) }),
    hubListing,
  ),
  'hubs.plan': operation(v.strictObject({ ...inProject, ...wanted }), hubPlan),
  /** Begins a download; what comes of it is imported at its end. */
  'hubs.start': operation(v.strictObject({ ...inProject, ...wanted }), hubTransfer),
  /** Newest first, those of earlier sessions that did not end among them. */
  'hubs.transfers': operation(v.strictObject(inProject), v.array(hubTransfer)),
  'hubs.cancel': operation(v.strictObject({ ...inProject, transfer: id }), hubTransfer),
  /** Goes on with one that failed, was cancelled or was interrupted. */
  'hubs.resume': operation(v.strictObject({ ...inProject, transfer: id }), hubTransfer),
  'hubs.forget': operation(v.strictObject({ ...inProject, transfer: id }), v.null()),
  /** Each change of state or progress of any download of the project. */
  'hubs.changed': topic(v.strictObject(inProject), hubTransfer),
};
