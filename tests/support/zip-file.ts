import { crc32 } from 'node:zlib';

/** What may be wrong with one entry of a ZIP file. */
export interface ZipEntry {
  readonly name: string;
  readonly data: Buffer;
  readonly flags?: number;
  readonly method?: number;
  readonly external?: number;
  /** Fields of the local header that differ from the central one. */
  readonly local?: { name?: string; size?: number; crc?: number; flags?: number; method?: number };
  /** Fields that both headers claim. */
  readonly claim?: { size?: number; packed?: number; crc?: number; offset?: number };
}

export interface ZipEnd {
  readonly count?: number;
  readonly size?: number;
  readonly offset?: number;
  readonly disk?: number;
  readonly comment?: Buffer;
  readonly between?: Buffer;
}

/** A ZIP file of stored entries, well made but for what is asked to be wrong with it. */
export function zipFile(entries: readonly ZipEntry[], end: ZipEnd = {}): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const {
    name,
    data,
    flags = 0,
    method = 0,
    external = 0,
    local = {},
    claim = {},
  } of entries) {
    const crc = claim.crc ?? crc32(data);
    const size = claim.size ?? data.length;
    const packed = claim.packed ?? size;
    const localName = Buffer.from(local.name ?? name);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(local.flags ?? flags, 6);
    header.writeUInt16LE(local.method ?? method, 8);
    header.writeUInt32LE(local.crc ?? crc, 14);
    header.writeUInt32LE(local.size ?? packed, 18);
    header.writeUInt32LE(local.size ?? size, 22);
    header.writeUInt16LE(localName.length, 26);
    parts.push(header, localName, data);
    const nameBytes = Buffer.from(name);
    const record = Buffer.alloc(46);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt16LE(flags, 8);
    record.writeUInt16LE(method, 10);
    record.writeUInt32LE(crc, 16);
    record.writeUInt32LE(packed, 20);
    record.writeUInt32LE(size, 24);
    record.writeUInt16LE(nameBytes.length, 28);
    record.writeUInt32LE(external >>> 0, 38);
    record.writeUInt32LE(claim.offset ?? offset, 42);
    central.push(record, nameBytes);
    offset += header.length + localName.length + data.length;
  }
  const directory = Buffer.concat(central);
  const comment = end.comment ?? Buffer.alloc(0);
  const record = Buffer.alloc(22);
  record.writeUInt32LE(0x06054b50, 0);
  record.writeUInt16LE(end.disk ?? 0, 4);
  record.writeUInt16LE(end.count ?? entries.length, 8);
  record.writeUInt16LE(end.count ?? entries.length, 10);
  record.writeUInt32LE(end.size ?? directory.length, 12);
  record.writeUInt32LE(end.offset ?? offset, 16);
  record.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...parts, directory, end.between ?? Buffer.alloc(0), record, comment]);
}
