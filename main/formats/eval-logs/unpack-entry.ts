import { crc32, inflateRawSync, zstdDecompressSync } from 'node:zlib';
import { AppError } from '../../../shared/errors.ts';
import {
  corruptZip,
  zipMethods,
  type StoredEntry,
  type StoredZip,
} from '../torch-zip/stored-zip.ts';
import { zstdFrames } from './zstd-frames.ts';

/** One member unpacked: a sample with its whole transcript, or the summaries of all samples. */
export const memberBytes = 512 << 20;

/**
 * The bytes of an entry, unpacked: stored, deflate (8) or zstd (93, one frame or several). The size
 * that the file claims is checked first, and no byte beyond it is ever unpacked, so that a small file
 * cannot fill the memory.
 * @param limit the most bytes that the caller takes
 * @throws AppError `too-large`, `corrupt` or `truncated` naming file and entry.
 */
export function unpackEntry(zip: StoredZip, entry: StoredEntry, limit = memberBytes): Buffer {
  if (entry.size > limit)
    throw new AppError(
      'too-large',
      `${zip.path}: ${entry.name} unpacks to ${entry.size} bytes, and at most ${limit} are read. Write the log without large attachments.`,
      { file: zip.path, place: entry.name, limit },
    );
  if (entry.method === zipMethods.stored) return zip.read(entry);
  const bytes = unpack(zip, entry);
  if (bytes.length !== entry.size)
    throw corruptZip(zip.path, entry.name, `it unpacks to ${bytes.length} bytes, not to its size`);
  if (crc32(bytes) !== entry.crc)
    throw corruptZip(zip.path, entry.name, 'its bytes do not have the checksum that they should');
  return bytes;
}

function unpack(zip: StoredZip, entry: StoredEntry): Buffer {
  const packed = zip.readPacked(entry);
  try {
    if (entry.method === zipMethods.deflate)
      return inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.size) });
    const parts: Buffer[] = [];
    let left = entry.size;
    for (const frame of zstdFrames(packed)) {
      const part = zstdDecompressSync(frame, { maxOutputLength: Math.max(1, left) });
      parts.push(part);
      left -= part.length;
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  } catch (error) {
    const { code } = error as { code?: unknown };
    const isLonger = code === 'ERR_BUFFER_TOO_LARGE';
    const problem = isLonger ? 'it unpacks to more than its size' : 'its bytes do not unpack';
    const reason = error instanceof Error ? error.message : String(error);
    throw corruptZip(zip.path, entry.name, isLonger ? problem : `${problem} (${reason})`);
  }
}
