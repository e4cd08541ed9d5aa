const emptySlot = -1;

/**
 * Numbers words in the order in which they come, by their UTF-8 bytes: the tokens of a dashboard are
 * millions, of a few thousand words, and making a string of each takes most of the time of reading.
 */
export class WordTable {
  #slots = new Int32Array(1 << 12).fill(emptySlot);
  #hashes = new Int32Array(1 << 11);
  /** Where each word's bytes begin; one more entry than words. */
  #starts = new Int32Array(1 << 11);
  #arena = new Uint8Array(1 << 16);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /** The number of a word that stands in `bytes` from `start` up to `end`. */
  idOf(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5 | 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const id = this.#slots[slot]!;
      if (id === emptySlot) return this.#add(hash, slot, bytes, start, end);
      if (this.#hashes[id] === hash && this.#isSame(id, bytes, start, end)) return id;
      slot = (slot + 1) & mask;
    }
  }

  /** The number of a word that is a string already. */
  idOfText(word: string): number {
    const bytes = Buffer.from(word, 'utf8');
    return this.idOf(bytes, 0, bytes.length);
  }

  /** All words in the order of their numbers; a NUL, which no database text may hold, as its symbol. */
  words(): string[] {
    const arena = Buffer.from(this.#arena.buffer);
    return Array.from({ length: this.#count }, (_, id) =>
      arena.toString('utf8', this.#starts[id], this.#starts[id + 1]).replaceAll('\0', '␀'),
    );
  }

  #isSame(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[id]!;
    if (this.#starts[id + 1]! - from !== end - start) return false;
    for (let i = start; i < end; i++) if (this.#arena[from + i - start] !== bytes[i]) return false;
    return true;
  }

  #add(hash: number, slot: number, bytes: Uint8Array, start: number, end: number): number {
    const id = this.#count++;
    if (id + 2 > this.#starts.length) {
      this.#starts = grown(this.#starts);
      this.#hashes = grown(this.#hashes);
    }
    const from = this.#starts[id]!;
    while (from + end - start > this.#arena.length) {
      const larger = new Uint8Array(2 * this.#arena.length);
      larger.set(this.#arena);
      this.#arena = larger;
    }
    this.#arena.set(bytes.subarray(start, end), from);
    this.#starts[id + 1] = from + end - start;
    this.#hashes[id] = hash;
    this.#slots[slot] = id;
    if (2 * this.#count > this.#slots.length) this.#rehash();
    return id;
  }

  #rehash(): void {
    this.#slots = new Int32Array(2 * this.#slots.length).fill(emptySlot);
    const mask = this.#slots.length - 1;
    for (let id = 0; id < this.#count; id++) {
      const hash = this.#hashes[id]!;
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (this.#slots[slot] !== emptySlot) slot = (slot + 1) & mask;
      this.#slots[slot] = id;
    }
  }
}

function grown(values: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * values.length);
  larger.set(values);
  return larger;
}
