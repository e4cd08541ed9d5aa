import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { fileError } from '../../shared/errors.ts';

/**
 * Writes a small file so that a crash leaves the old content or the new one: beside it, to the disk,
 * then under its name. @throws AppError `disk-full`, `not-writable` or `not-readable`.
 */
export function writeFileAtomically(path: string, content: string | Buffer): void {
  const unfinished = `${path}.tmp`;
  try {
    writeDurably(unfinished, content);
    renameSync(unfinished, path);
    flush(dirname(path));
  } catch (error) {
    removeQuietly(unfinished);
    throw fileError(error, path, 'write');
  }
}

/** Writes a file and waits until it is on the disk. */
export function writeDurably(path: string, content: string | Buffer): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const fd = openSync(path, 'w');
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Waits until a file, or the entries of a folder, are on the disk. */
export function flush(path: string): void {
  // Windows cannot open folders; there the rename itself is durable.
  if (process.platform === 'win32') return;
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export interface FileDigest {
  readonly bytes: number;
  readonly sha256: string;
}

/** Size and SHA-256 of a file, for workers, which may block. */
export function digestFileSync(path: string): FileDigest {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(1 << 20);
  const fd = openSync(path, 'r');
  let bytes = 0;
  try {
    for (;;) {
      const got = readSync(fd, chunk);
      if (got === 0) return { bytes, sha256: hash.digest('hex') };
      hash.update(chunk.subarray(0, got));
      bytes += got;
    }
  } finally {
    closeSync(fd);
  }
}

/** Whether two files hold the same bytes, for workers; one that is not there does not. */
export function areSameFiles(first: string, second: string): boolean {
  if (!existsSync(first) || !existsSync(second)) return false;
  const files = [openSync(first, 'r'), openSync(second, 'r')] as const;
  const [mine, other] = [Buffer.allocUnsafe(1 << 20), Buffer.allocUnsafe(1 << 20)];
  try {
    for (;;) {
      const got = readSync(files[0], mine);
      if (readSync(files[1], other) !== got) return false;
      if (got === 0) return true;
      if (!mine.subarray(0, got).equals(other.subarray(0, got))) return false;
    }
  } finally {
    for (const fd of files) closeSync(fd);
  }
}

/**
 * As digestFileSync, for the host, which may not block, and for long files.
 * @param pace called with the bytes so far; may throw, to stop
 * @throws AppError where it cannot be read, and what `pace` throws
 */
export async function digestFile(
  path: string,
  pace?: (bytes: number) => Promise<void>,
): Promise<FileDigest> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      await pace?.(bytes);
    }
  } catch (error) {
    throw fileError(error, path);
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** For tidying up after an error, which is the one to report. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // What is left carries a name that nothing reads.
  }
}
