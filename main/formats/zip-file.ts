import { crc32, inflateRawSync, zstdDecompressSync } from 'node:zlib';
import { AppError } from '../../shared/errors.ts';
import { truncatedFile, type ByteSource } from './file-bytes.ts';
import { PartialChecksum } from './partial-checksum.ts';
import { zstdFrames } from './zstd-frames.ts';

/**
 * ZIP files, as torch.save, numpy.savez and Inspect write them. The central directory is read and each entry
 * held against its local header; entries are read in memory by their exact name, never written to a
 * path. Whatever two readers could understand differently is refused: names or sizes that differ
 * between the two headers, entries that overlap, names given twice.
 */

export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  readonly crc: number;
  /** Offset of its bytes in the file. */
  readonly offset: number;
  /** Bytes that it takes there: its size, but for a compressed one. */
  readonly packed: number;
  readonly method: number;
  readonly isCompressed: boolean;
}

const endBytes = 22;
const end64Bytes = 56;
const locatorBytes = 20;
const centralBytes = 46;
const localBytes = 30;
const longestComment = 0xffff;
const mostEntries = 200_000;
const largestDirectory = 64 << 20;
/** In a 32-bit field: the value is in the ZIP64 extra field. */
const inExtra = 0xffffffff;

const flags = { encrypted: 0x1, sizesFollow: 0x8, patched: 0x20, strong: 0x40, masked: 0x2000 };
const methods = { stored: 0, deflated: 8, zstd: 93 };

/** Whether entries may be compressed, and how large one of them may then be: it is read whole. */
export interface ZipOptions {
  readonly largestCompressed?: number;
  /** Where the format's own writers replace an entry by writing it again: the last one holds. */
  readonly lastOfRepeated?: boolean;
}

/** An open ZIP file. */
export class ZipFile {
  readonly path: string;
  readonly entries: ReadonlyMap<string, ZipEntry>;
  readonly #bytes: ByteSource;
  /** The compressed entry that was read last: others ask for it in parts. */
  #unpacked: { readonly name: string; readonly bytes: Buffer } | undefined;
  /** Of what was read of each entry. */
  readonly #sums = new Map<string, PartialChecksum>();

  private constructor(bytes: ByteSource, entries: ReadonlyMap<string, ZipEntry>) {
    this.path = bytes.file;
    this.#bytes = bytes;
    this.entries = entries;
  }

  /** Takes over the bytes. @throws AppError `truncated`, `corrupt`, `unsupported`, `too-large`. */
  static read(bytes: ByteSource, options: ZipOptions = {}): ZipFile {
    const { largestCompressed = -1, lastOfRepeated = false } = options;
    try {
      const entries = readDirectory(bytes, lastOfRepeated);
      for (const { name, isCompressed, size } of entries.values()) {
        if (!isCompressed) continue;
        if (largestCompressed < 0) throw refused(bytes.file, name, 'it is compressed');
        if (size > largestCompressed)
          throw new AppError(
            'too-large',
            `${bytes.file}: ${name} is compressed and has ${size} bytes, more than ${largestCompressed}. Write it without compression.`,
            { file: bytes.file, place: name },
          );
      }
      return new ZipFile(bytes, entries);
    } catch (error) {
      bytes.close();
      throw error;
    }
  }

  /**
   * Bytes `start` up to `end` of an entry, at the start of `into` where that is given and the entry is
   * not compressed. The checksum is held against what is read once that is all of it: at once, or by
   * parts that are read once each, in any order.
   */
  read(entry: ZipEntry, start = 0, end = entry.size, into?: Buffer): Buffer {
    if (entry.isCompressed) return this.#inflate(entry).subarray(start, end);
    const bytes = this.#bytes.read(entry.offset + start, end - start, into);
    let sum = this.#sums.get(entry.name);
    if (!sum) this.#sums.set(entry.name, (sum = new PartialChecksum(entry.size)));
    const crc = sum.add(start, bytes);
    if (crc !== undefined) this.#check(entry, crc);
    return bytes;
  }

  close(): void {
    this.#bytes.close();
  }

  /** Whatever the entry claims, no more bytes come out than its size. */
  #inflate(entry: ZipEntry): Buffer {
    if (this.#unpacked?.name === entry.name) return this.#unpacked.bytes;
    this.#unpacked = undefined;
    const packed = this.#bytes.read(entry.offset, entry.packed);
    let bytes: Buffer;
    try {
      bytes = unpack(packed, entry);
    } catch {
      throw corruptZip(this.path, entry.name, 'its bytes cannot be unpacked to the size it claims');
    }
    if (bytes.length !== entry.size)
      throw corruptZip(this.path, entry.name, `it holds ${bytes.length} bytes, not ${entry.size}`);
    this.#check(entry, crc32(bytes));
    this.#unpacked = { name: entry.name, bytes };
    return bytes;
  }

  #check(entry: ZipEntry, crc: number): void {
    if (crc !== entry.crc)
      throw corruptZip(
        this.path,
        entry.name,
        'its bytes do not have the checksum that they should',
      );
  }
}

/** @throws what zlib throws, also for bytes beyond the entry's size. */
function unpack(packed: Buffer, { method, size }: ZipEntry): Buffer {
  if (method === methods.deflated)
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
  const parts: Buffer[] = [];
  let left = size;
  for (const frame of zstdFrames(packed)) {
    const part = zstdDecompressSync(frame, { maxOutputLength: Math.max(1, left) });
    parts.push(part);
    left -= part.length;
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

/** The error for a file that is not the ZIP file it claims to be. */
export function corruptZip(file: string, place: string, problem: string): AppError {
  return new AppError('corrupt', `${file}: ${place}: ${problem}. Copy or save the file again.`, {
    file,
    place,
  });
}

function refused(file: string, place: string, problem: string): AppError {
  return new AppError('unsupported', `${file}: ${place}: ${problem}, which Assay does not read.`, {
    file,
    place,
  });
}

/** Where the central directory lies, and how many entries it has. */
interface Directory {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

function readDirectory(source: ByteSource, lastOfRepeated: boolean): Map<string, ZipEntry> {
  const { file } = source;
  const { offset, size, count } = findDirectory(source);
  if (count > mostEntries || size > largestDirectory)
    throw refused(file, 'directory', `it has ${count} entries`);
  const bytes = source.read(offset, size);
  const entries = new Map<string, ZipEntry>();
  const pieces: Piece[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + centralBytes > size) throw corruptZip(file, 'directory', 'it ends too early');
    const { next, ...found } = readCentral(bytes, at, file);
    const { name, header, packed } = found;
    if (entries.has(name) && !lastOfRepeated)
      throw corruptZip(file, name, 'the name is there twice');
    const start = checkLocal(source, found, offset);
    const { size: length, crc, method, isCompressed } = found;
    entries.set(name, { name, size: length, crc, offset: start, packed, method, isCompressed });
    pieces.push({ name, start: header, end: start + packed });
    at = next;
  }
  if (at !== size) throw corruptZip(file, 'directory', 'bytes follow its last entry');
  checkOverlap(file, pieces);
  return entries;
}

function findDirectory(source: ByteSource): Directory {
  const { file, size: fileBytes } = source;
  if (fileBytes < endBytes) throw truncatedFile(file, `it has ${fileBytes} bytes`);
  const tailBytes = Math.min(fileBytes, endBytes + longestComment);
  const tail = source.read(fileBytes - tailBytes, tailBytes);
  let end = tailBytes - endBytes;
  // The end record is the one whose comment reaches exactly to the end of the file.
  while (end >= 0 && !isEnd(tail, end)) end--;
  if (end < 0) throw corruptZip(file, 'end', 'it is not a ZIP file, or its end is missing');
  const endOffset = fileBytes - tailBytes + end;
  const short: Directory = {
    count: tail.readUInt16LE(end + 10),
    size: tail.readUInt32LE(end + 12),
    offset: tail.readUInt32LE(end + 16),
  };
  const disks = [4, 6].map((place) => tail.readUInt16LE(end + place));
  if (disks.some((disk) => disk !== 0 && disk !== 0xffff))
    throw refused(file, 'end', 'it is spread over several disks');
  if (tail.readUInt16LE(end + 8) !== short.count)
    throw corruptZip(file, 'end', 'it counts its entries in two ways');
  const long = findLongDirectory(source, endOffset);
  const directory = long?.directory ?? short;
  if (
    !agree(short.count, directory.count, 0xffff, long) ||
    !agree(short.size, directory.size, inExtra, long) ||
    !agree(short.offset, directory.offset, inExtra, long)
  )
    throw corruptZip(file, 'end', 'its two end records do not agree');
  if (directory.offset + directory.size !== (long?.start ?? endOffset))
    throw corruptZip(file, 'end', 'the directory does not lie before its end');
  return directory;
}

/** A plain field must be the long one, or say that it is there. */
function agree(short: number, long: number, saturated: number, record: unknown): boolean {
  return short === saturated ? record !== undefined : short === long;
}

function isEnd(tail: Buffer, at: number): boolean {
  return (
    tail.readUInt32LE(at) === 0x06054b50 &&
    tail.readUInt16LE(at + 20) === tail.length - at - endBytes
  );
}

/** The ZIP64 end record, by its locator right before the plain one; undefined where there is none. */
function findLongDirectory(
  source: ByteSource,
  endOffset: number,
): { directory: Directory; start: number } | undefined {
  const start = endOffset - locatorBytes - end64Bytes;
  if (start < 0) return undefined;
  const { file } = source;
  const both = source.read(start, end64Bytes + locatorBytes);
  if (both.readUInt32LE(end64Bytes) !== 0x07064b50) return undefined;
  const recordOffset = safeNumber(both.readBigUInt64LE(end64Bytes + 8), file, 'end');
  if (recordOffset !== start || both.readUInt32LE(0) !== 0x06064b50)
    throw corruptZip(file, 'end', 'its ZIP64 record is not before its locator');
  const field = (at: number) => safeNumber(both.readBigUInt64LE(at), file, 'end');
  return { directory: { count: field(32), size: field(40), offset: field(48) }, start };
}

interface Central extends Omit<ZipEntry, 'offset'> {
  readonly flags: number;
  readonly header: number;
}

function readCentral(bytes: Buffer, at: number, file: string): Central & { next: number } {
  if (bytes.readUInt32LE(at) !== 0x02014b50)
    throw corruptZip(file, 'directory', `there is no entry at byte ${at} of it`);
  const nameEnd = at + centralBytes + bytes.readUInt16LE(at + 28);
  const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
  const next = extraEnd + bytes.readUInt16LE(at + 32);
  if (next > bytes.length) throw corruptZip(file, 'directory', 'it ends inside an entry');
  const name = readName(bytes.subarray(at + centralBytes, nameEnd), file);
  const bits = bytes.readUInt16LE(at + 8);
  if (bits & (flags.encrypted | flags.strong | flags.masked | flags.patched))
    throw refused(file, name, 'it is encrypted or patched');
  const method = bytes.readUInt16LE(at + 10);
  if (!Object.values(methods).includes(method))
    throw refused(file, name, 'it is compressed in an uncommon way');
  if (bytes.readUInt32LE(at + 38) >>> 28 === 0xa) throw refused(file, name, 'it is a link');
  const long = readLongFields(bytes, at, nameEnd, extraEnd, file, name);
  const isCompressed = method !== methods.stored;
  if (!isCompressed && long.size !== long.packed)
    throw corruptZip(file, name, 'it is stored in another size than its own');
  return {
    name,
    size: long.size,
    packed: long.packed,
    method,
    isCompressed,
    crc: bytes.readUInt32LE(at + 16),
    flags: bits,
    header: long.header,
    next,
  };
}

/** Sizes and offset, from the ZIP64 extra field where the plain field says so. */
function readLongFields(
  bytes: Buffer,
  at: number,
  extraStart: number,
  extraEnd: number,
  file: string,
  name: string,
): { size: number; packed: number; header: number } {
  const plain = [at + 24, at + 20, at + 42].map((place) => bytes.readUInt32LE(place));
  let long: Buffer | undefined;
  for (let place = extraStart; place + 4 <= extraEnd;) {
    const end = place + 4 + bytes.readUInt16LE(place + 2);
    if (end > extraEnd) throw corruptZip(file, name, 'its extra field is cut off');
    if (bytes.readUInt16LE(place) === 1) {
      if (long) throw corruptZip(file, name, 'it has two ZIP64 fields');
      long = bytes.subarray(place + 4, end);
    }
    place = end;
  }
  let used = 0;
  const [size, packed, header] = plain.map((value) => {
    if (value !== inExtra) return value;
    if (!long || used + 8 > long.length) throw corruptZip(file, name, 'its ZIP64 field is missing');
    used += 8;
    return safeNumber(long.readBigUInt64LE(used - 8), file, name);
  }) as [number, number, number];
  return { size, packed, header };
}

function readName(bytes: Buffer, file: string): string {
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw corruptZip(file, 'directory', 'the name of an entry is not UTF-8');
  }
  const parts = name.split('/');
  if (
    /[\0\\]|^[A-Za-z]:/.test(name) ||
    parts[0] === '' ||
    parts.some((part) => part === '..' || part === '.')
  )
    throw corruptZip(file, JSON.stringify(name), 'the name of an entry leads out of the file');
  return name;
}

/** Holds an entry against its local header. Answers the offset of its bytes. */
function checkLocal(source: ByteSource, entry: Central, directory: number): number {
  const { file } = source;
  const { name, size, packed, crc, header } = entry;
  if (header + localBytes > directory)
    throw corruptZip(file, name, 'its bytes do not lie before the directory');
  const fixed = source.read(header, localBytes);
  if (fixed.readUInt32LE(0) !== 0x04034b50)
    throw corruptZip(file, name, 'it has no header of its own');
  const nameBytes = fixed.readUInt16LE(26);
  const offset = header + localBytes + nameBytes + fixed.readUInt16LE(28);
  if (offset + packed > directory)
    throw corruptZip(file, name, 'its bytes do not lie before the directory');
  if (!source.read(header + localBytes, nameBytes).equals(Buffer.from(name)))
    throw corruptZip(file, name, 'its own header names it otherwise');
  if (fixed.readUInt16LE(6) !== entry.flags || fixed.readUInt16LE(8) !== entry.method)
    throw corruptZip(file, name, 'its own header says otherwise how it is stored');
  // Where sizes follow the bytes, the header may leave them at 0; else it has them, or says that they
  // are in its extra field, as it does for the largest.
  const open = entry.flags & flags.sizesFollow;
  const agrees = (value: number, expected: number) =>
    value === expected || value === inExtra || (open !== 0 && value === 0);
  if (
    !agrees(fixed.readUInt32LE(18), packed) ||
    !agrees(fixed.readUInt32LE(22), size) ||
    (fixed.readUInt32LE(14) !== crc && !(open && fixed.readUInt32LE(14) === 0))
  )
    throw corruptZip(file, name, 'its own header gives another size or checksum');
  return offset;
}

/** What an entry takes up of the file, its header included. */
interface Piece {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

function checkOverlap(file: string, pieces: Piece[]): void {
  let end = 0;
  for (const piece of pieces.sort((a, b) => a.start - b.start)) {
    if (piece.start < end)
      throw corruptZip(file, piece.name, 'its bytes overlap those of another entry');
    end = piece.end;
  }
}

function safeNumber(value: bigint, file: string, place: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw corruptZip(file, place, 'a number in it is too large');
  return Number(value);
}
