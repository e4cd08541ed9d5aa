import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { fileError } from '../../shared/errors.ts';
import { count, shortText } from '../../shared/domain/schemas.ts';
import { parseStrictJson } from '../formats/strict-json.ts';
import { digestFileSync, flush, removeQuietly, writeDurably } from './files.ts';

/**
 * Checkpoints of one job: `checkpoints/step-NNNNNNNN/` with the files of the job's state and a
 * `manifest.json` that names them with their sizes and SHA-256. A checkpoint is written as
 * `step-N.tmp/`, every file flushed, the manifest last, and then renamed: under its own name it is
 * whole. The two newest are kept, so that there is one to fall back on.
 */
const manifestSchema = v.object({
  version: v.literal(1),
  step: count,
  /** Of the spec: a checkpoint never continues another job's work. */
  specHash: shortText,
  /** Where in its data the job is, counters, and whatever else is small. */
  cursor: v.record(v.string(), v.unknown()),
  files: v.array(v.object({ name: shortText, bytes: count, sha256: shortText })),
});

const keep = 2;
const namePattern = /^step-(\d{8,})$/;

export interface CheckpointContent {
  readonly step: number;
  readonly specHash: string;
  readonly cursor: Readonly<Record<string, unknown>>;
  /** Writes the files of the state into a folder. */
  write(folder: string): void;
}

export interface Checkpoint {
  readonly step: number;
  readonly cursor: Readonly<Record<string, unknown>>;
  /** Absolute path of one of its files. */
  path(name: string): string;
}

/**
 * Writes a checkpoint. Whatever interrupts this, the older ones stay as they are.
 * @throws AppError `disk-full` and the like; nothing is left of the new checkpoint then.
 */
export function saveCheckpoint(folder: string, content: CheckpointContent): void {
  const final = join(folder, `step-${String(content.step).padStart(8, '0')}`);
  const unfinished = `${final}.tmp`;
  try {
    mkdirSync(folder, { recursive: true });
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished);
    content.write(unfinished);
    writeManifest(unfinished, content);
    flush(unfinished);
    // A whole checkpoint of this step is there after a resume that got no further.
    rmSync(final, { recursive: true, force: true });
    renameSync(unfinished, final);
    flush(folder);
  } catch (error) {
    removeQuietly(unfinished);
    throw fileError(error, final, 'write');
  }
  removeOld(folder);
}

function writeManifest(unfinished: string, content: CheckpointContent): void {
  const files = readdirSync(unfinished).map((name) => {
    const path = join(unfinished, name);
    flush(path);
    return { name, ...digestFileSync(path) };
  });
  const { step, specHash, cursor } = content;
  const manifest = { version: 1, step, specHash, cursor, files };
  writeDurably(join(unfinished, 'manifest.json'), JSON.stringify(manifest, null, 2));
}

/** The new checkpoint is safe by now: what cannot be tidied up is left for the next one. */
function removeOld(folder: string): void {
  for (const { name } of listSteps(folder).slice(keep)) removeQuietly(join(folder, name));
  for (const name of namesIn(folder)) if (name.endsWith('.tmp')) removeQuietly(join(folder, name));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Newest first. */
function listSteps(folder: string): { name: string; step: number }[] {
  return namesIn(folder)
    .flatMap((name) => {
      const step = namePattern.exec(name)?.[1];
      return step === undefined ? [] : [{ name, step: Number(step) }];
    })
    .sort((a, b) => b.step - a.step);
}

/**
 * The newest checkpoint that is whole and belongs to the spec, verified byte for byte; the older one
 * where the newest is damaged; undefined where there is none.
 */
export function loadNewestCheckpoint(folder: string, specHash: string): Checkpoint | undefined {
  for (const { name } of listSteps(folder)) {
    const checkpoint = verify(join(folder, name), specHash);
    if (checkpoint) return checkpoint;
  }
  return undefined;
}

/** Step of the newest checkpoint, unverified: what a resume would start from. */
export function newestStep(folder: string): number | null {
  return listSteps(folder)[0]?.step ?? null;
}

function verify(folder: string, specHash: string): Checkpoint | undefined {
  try {
    const path = join(folder, 'manifest.json');
    const document = parseStrictJson(readFileSync(path, 'utf8'), path);
    const manifest = v.parse(manifestSchema, document);
    if (manifest.specHash !== specHash) return undefined;
    for (const file of manifest.files) {
      const { bytes, sha256 } = digestFileSync(join(folder, file.name));
      if (bytes !== file.bytes || sha256 !== file.sha256) return undefined;
    }
    const { step, cursor } = manifest;
    return { step, cursor, path: (name) => join(folder, name) };
  } catch {
    // Missing, unreadable or damaged: for the caller all the same, there is an older one.
    return undefined;
  }
}
