import { createHash } from 'node:crypto';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { fileError } from '../../shared/errors.ts';
import { downloadBudget, keepBudget, markUsed } from './cache-budget.ts';
import type { RemoteFile } from './remote-file.ts';

const noteSchema = v.object({ identity: v.string(), etag: v.nullable(v.string()) });

/** What is known of a download that has begun. */
export type PartNote = v.InferOutput<typeof noteSchema>;

/**
 * Downloads of a project, each content once:
 *
 *   blobs/ALGORITHM-DIGEST    contents that were checked, under the checksum that the hub told
 *   partial/KEY.part, .json   downloads that have begun, to go on with after any kind of end
 */
export class HubCache {
  readonly #folder: string;

  /** @param folder made when it is first needed */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether the file's content is here. */
  has(file: RemoteFile, source: string): boolean {
    const bytes = sizeOf(this.blobPath(file, source));
    return bytes !== undefined && (file.bytes === null || bytes === file.bytes);
  }

  /** Bytes of a download that has begun. */
  begun(file: RemoteFile, source: string): number {
    const { part } = this.partPaths(file, source);
    return sizeOf(part) ?? 0;
  }

  /** @param source what the file belongs to, such as a run; matters where there is no checksum */
  blobPath(file: RemoteFile, source: string): string {
    const { checksum } = file;
    const name = checksum
      ? `${checksum.algorithm}-${checksum.hex}`
      : `unchecked-${digest(identityOf(file, source))}`;
    return join(this.#folder, 'blobs', name);
  }

  partPaths(file: RemoteFile, source: string): { part: string; note: string } {
    const key = digest(identityOf(file, source));
    const folder = join(this.#folder, 'partial');
    return { part: join(folder, `${key}.part`), note: join(folder, `${key}.json`) };
  }

  /** The note of a download that has begun, if it is about the same content. */
  readNote(file: RemoteFile, source: string): PartNote | null {
    try {
      const text = readFileSync(this.partPaths(file, source).note, 'utf8');
      const note = v.safeParse(v.pipe(v.string(), v.parseJson(), noteSchema), text);
      if (note.success && note.output.identity === identityOf(file, source)) return note.output;
      return null;
    } catch {
      return null;
    }
  }

  /** To be called when nothing is under way: the contents that were not used for longest make room. */
  makeRoom(budget = downloadBudget): void {
    keepBudget(this.#folder, budget, Date.now());
  }

  /** Puts a content under its name; the bytes are shared with the blob where the system can. */
  place(file: RemoteFile, source: string, folder: string): string {
    const target = join(folder, ...file.path.split('/'));
    const blob = this.blobPath(file, source);
    markUsed(blob, new Date());
    const unfinished = `${target}.tmp`;
    try {
      mkdirSync(dirname(target), { recursive: true });
      rmSync(unfinished, { force: true });
      try {
        linkSync(blob, unfinished);
      } catch {
        copyFileSync(blob, unfinished);
      }
      renameSync(unfinished, target);
      // Renaming one link onto another of the same file leaves both.
      rmSync(unfinished, { force: true });
      return target;
    } catch (error) {
      throw fileError(error, target, 'write');
    }
  }
}

/** What tells one content from another before it is here. */
export function identityOf(file: RemoteFile, source: string): string {
  const { checksum, bytes, version, path } = file;
  return checksum
    ? `${checksum.algorithm} ${checksum.hex} ${bytes ?? ''}`
    : `${source} ${path} ${bytes ?? ''} ${version}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 40);
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}
