const frameMagic = 0xfd2fb528;
/** Frames that hold nothing to unpack have a magic number from here on, sixteen in all. */
const skippableMagic = 0x184d2a50;

/**
 * The frames of zstd data, one by one, found by the lengths of their blocks (RFC 8878, section 3.1):
 * Node's decompressor stops after the first, and writers put large data into several.
 * @throws Error where a frame does not begin as one, or ends too early.
 */
export function* zstdFrames(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length;) {
    const magic = read(bytes, at, 4);
    if (magic >>> 4 === skippableMagic >>> 4) {
      at += 8 + read(bytes, at + 4, 4);
      continue;
    }
    if (magic !== frameMagic) throw new Error(`no zstd frame begins at byte ${at}`);
    const end = frameEnd(bytes, at);
    yield bytes.subarray(at, end);
    at = end;
  }
}

function frameEnd(bytes: Buffer, start: number): number {
  const descriptor = read(bytes, start + 4, 1);
  const isSingleSegment = (descriptor >> 5) & 1;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeBytes = [isSingleSegment, 2, 4, 8][descriptor >> 6]!;
  let at = start + 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
  for (;;) {
    const header = read(bytes, at, 3);
    const isRepeated = ((header >> 1) & 3) === 1;
    at += 3 + (isRepeated ? 1 : header >> 3);
    if (at > bytes.length) throw new Error('a zstd frame ends too early');
    if (header & 1) break;
  }
  const end = at + ((descriptor >> 2) & 1 ? 4 : 0);
  if (end > bytes.length) throw new Error('a zstd frame ends too early');
  return end;
}

function read(bytes: Buffer, at: number, length: number): number {
  if (at + length > bytes.length) throw new Error('a zstd frame ends too early');
  return bytes.readUIntLE(at, length);
}
