import { AppError } from '../../../../shared/errors.ts';

/** A piece of linear memory, free or in use. Pieces lie side by side without gaps. */
export interface Block {
  readonly address: number;
  readonly size: number;
}

interface Piece extends Block {
  size: number;
  free: boolean;
  /** Neighbours in memory. */
  before: Piece | undefined;
  after: Piece | undefined;
}

/** Blocks start at multiples of this, a cache line, and are whole numbers of lines. */
const lineBytes = 64;
/** The memory grows by at least this much at a time; the system backs it only as it is touched. */
const growthBytes = 16 << 20;
/** Size classes per power of two. */
const subclasses = 16;

/**
 * Hands out pieces of one growing memory: segregated free lists, the best fit of the first list that
 * has one, neighbours merged as soon as they are free (after Masmano et al. 2004, "TLSF"). A training
 * step asks for the same sizes again and again, finds the pieces that it released, and so neither
 * grows nor splits the memory further.
 */
export class Allocator {
  readonly #limit: number;
  readonly #grow: (bytes: number) => void;
  readonly #classes: Set<Piece>[] = Array.from({ length: 33 * subclasses }, () => new Set());
  #end: number;
  #last: Piece | undefined;
  #used = 0;

  /**
   * @param start first free byte, a multiple of 64
   * @param limit no block ends beyond this byte
   * @param grow makes the memory at least this many bytes long, or throws
   */
  constructor(start: number, limit: number, grow: (bytes: number) => void) {
    this.#end = start;
    this.#limit = limit;
    this.#grow = grow;
  }

  /** Bytes in blocks that are in use, and the byte up to which the memory has been laid out. */
  get state(): { used: number; end: number; free: number; largestFree: number } {
    let [free, largestFree] = [0, 0];
    for (const list of this.#classes)
      for (const piece of list) {
        free += piece.size;
        largestFree = Math.max(largestFree, piece.size);
      }
    return { used: this.#used, end: this.#end, free, largestFree };
  }

  /** A block of at least `bytes`. Throws AppError `out-of-memory` with the numbers. */
  allocate(bytes: number): Block {
    const size = Math.max(lineBytes, Math.ceil(bytes / lineBytes) * lineBytes);
    const piece = this.#find(size) ?? this.#extend(size);
    this.#take(piece);
    if (piece.size > size) this.#split(piece, size);
    piece.free = false;
    this.#used += piece.size;
    return piece;
  }

  release(block: Block): void {
    let piece = block as Piece;
    if (piece.free) throw new Error(`The block at ${piece.address} was released twice.`);
    this.#used -= piece.size;
    const { before, after } = piece;
    if (after?.free) {
      this.#take(after);
      this.#merge(piece, after);
    }
    if (before?.free) {
      this.#take(before);
      this.#merge(before, piece);
      piece = before;
    }
    this.#put(piece);
  }

  #find(size: number): Piece | undefined {
    for (let list = classOf(size); list < this.#classes.length; list += 1) {
      let best: Piece | undefined;
      for (const piece of this.#classes[list]!) {
        if (piece.size === size) return piece;
        if (piece.size > size && (!best || piece.size < best.size)) best = piece;
      }
      if (best) return best;
    }
    return undefined;
  }

  /** Lays out more memory at the end, as much as a block of `size` still needs there. */
  #extend(size: number): Piece {
    const tail = this.#last?.free ? this.#last : undefined;
    const needed = size - (tail?.size ?? 0);
    const room = this.#limit - this.#end;
    if (needed > room) throw this.#outOfMemory(size);
    const more = Math.min(room, Math.ceil(needed / growthBytes) * growthBytes);
    try {
      this.#grow(this.#end + more);
    } catch (error) {
      throw this.#outOfMemory(size, error);
    }
    const piece: Piece = {
      address: this.#end,
      size: more,
      free: true,
      before: this.#last,
      after: undefined,
    };
    this.#end += more;
    if (this.#last) this.#last.after = piece;
    this.#last = piece;
    if (!tail) {
      this.#put(piece);
      return piece;
    }
    this.#take(tail);
    this.#merge(tail, piece);
    this.#put(tail);
    return tail;
  }

  /** Cuts a piece that is in no list to `size`; the rest becomes a free piece. */
  #split(piece: Piece, size: number): void {
    const rest: Piece = {
      address: piece.address + size,
      size: piece.size - size,
      free: true,
      before: piece,
      after: piece.after,
    };
    if (piece.after) piece.after.before = rest;
    else this.#last = rest;
    piece.after = rest;
    piece.size = size;
    this.#put(rest);
  }

  #merge(left: Piece, right: Piece): void {
    left.size += right.size;
    left.after = right.after;
    if (right.after) right.after.before = left;
    else this.#last = left;
  }

  #put(piece: Piece): void {
    piece.free = true;
    this.#classes[classOf(piece.size)]!.add(piece);
  }

  #take(piece: Piece): void {
    this.#classes[classOf(piece.size)]!.delete(piece);
  }

  #outOfMemory(size: number, cause?: unknown): AppError {
    const { used, free, largestFree } = this.state;
    const limit = this.#limit;
    const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    return new AppError(
      'out-of-memory',
      `The wasm engine needs ${mib(size)} more, but ${mib(used)} of at most ${mib(limit)} are in use and the largest free piece is ${mib(Math.max(largestFree, limit - this.#end))}. Use a smaller batch, fewer latents or a shorter context.`,
      { bytes: size, used, free, largestFree, limit },
      cause,
    );
  }
}

/** The list of a size: its power of two, cut in `subclasses` equal steps. */
function classOf(size: number): number {
  const power = 31 - Math.clz32(Math.min(size, 0xffffffff));
  const step = Math.floor(((size - 2 ** power) * subclasses) / 2 ** power);
  return power * subclasses + Math.min(step, subclasses - 1);
}
