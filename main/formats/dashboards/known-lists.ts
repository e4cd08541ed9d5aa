/** Bytes at the beginning of a list by which it is looked up. */
const headBytes = 96;
/** Lists that begin alike and are told apart by comparing them. */
const mostAlike = 8;
const mostBytes = 64 << 20;

/** A list of tokens that was read before. */
export interface KnownList {
  /** Its JSON, brackets included. */
  readonly text: Buffer;
  /** Never changed: the same array stands for the same tokens. */
  readonly ids: Int32Array;
}

/**
 * Lists of tokens by their JSON. Many features of a dashboard show the same prompts, so that most lists
 * come again byte for byte: comparing bytes takes a small part of the time of reading them. Holds 64 MB of
 * text; what comes later is read each time.
 */
export class KnownLists {
  readonly #byHead = new Map<number, KnownList[]>();
  #bytes = 0;

  /** The list that stands in `bytes` from `start` on, where it was kept. */
  find(bytes: Buffer, start: number): KnownList | undefined {
    const alike = this.#byHead.get(hashOfHead(bytes, start));
    return alike?.find(({ text }) => {
      const end = start + text.length;
      return end <= bytes.length && bytes.compare(text, 0, text.length, start, end) === 0;
    });
  }

  /** Keeps a copy of a list and of its tokens; undefined where there is no room. */
  keep(bytes: Buffer, start: number, end: number, ids: Int32Array): KnownList | undefined {
    const size = end - start + ids.byteLength;
    if (this.#bytes + size > mostBytes || end - start < headBytes) return undefined;
    const hash = hashOfHead(bytes, start);
    const alike = this.#byHead.get(hash);
    if (alike && alike.length >= mostAlike) return undefined;
    this.#bytes += size;
    const list = { text: Buffer.from(bytes.subarray(start, end)), ids: ids.slice() };
    if (alike) alike.push(list);
    else this.#byHead.set(hash, [list]);
    return list;
  }
}

function hashOfHead(bytes: Uint8Array, start: number): number {
  const end = Math.min(bytes.length, start + headBytes);
  let hash = 0x811c9dc5 | 0;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}
