import { createHash } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError } from '../../shared/errors.ts';

export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
  /** Of the file's content, in hexadecimal. */
  readonly sha256: string;
}

/**
 * Writes text parts to a file so that the path holds either what it held before or all of the new
 * content, also after a crash or a power cut: a temporary file beside it, fsync, rename.
 * @throws AppError for a disk that is full or a folder that cannot be written; nothing is left behind
 */
export async function writeFileAtomically(
  path: string,
  parts: Iterable<string> | AsyncIterable<string>,
): Promise<WrittenFile> {
  const temporary = `${path}.${process.pid}.tmp`;
  const hash = createHash('sha256');
  let bytes = 0;
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, 'w');
    for await (const part of parts) {
      const chunk = Buffer.from(part, 'utf8');
      hash.update(chunk);
      bytes += chunk.length;
      await writeAll(file, chunk);
    }
    await file.sync();
    await file.close();
    file = undefined;
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await file?.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(error, path, 'write');
  }
  return { path, bytes, sha256: hash.digest('hex') };
}

/** A single write may be short. */
async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  let written = 0;
  while (written < chunk.length)
    written += (await file.write(chunk, written, chunk.length - written)).bytesWritten;
}

/** The rename itself must reach the disk; Windows cannot open folders and needs nothing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
