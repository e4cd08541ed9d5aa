import { AppError } from '../../../shared/errors.ts';
import { instantiateKernels, type KernelModule } from '../engines/wasm/kernel-module.ts';
import type { Room } from './sparse-activations.ts';

/** Entries of a feature's list that a kernel is handed at a time. */
export const listEntries = 1 << 14;
/** Partners among which candidates are looked for at a time. */
export const chunkPartners = 512;

const pageBytes = 65536;
const maximumBytes = 2 ** 32;

/** Where each thread's own numbers lie, as bytes from the beginning of its room. */
export interface ThreadRoom {
  /** [listEntries] each. */
  readonly list: number;
  readonly listValue: number;
  /** [partners] counters of 32 bits, and sums of 64. */
  readonly row: number;
  readonly smaller: number;
  readonly product: number;
  /** [levels, partners] of 32 bits. */
  readonly thresholds: number;
  readonly found: number;
  /** A word that is written and read by nobody. */
  readonly touched: number;
  readonly bytes: number;
}

/** Memory of the kernels that all threads share, with a room for each. */
export interface CoactivationMemory {
  readonly module: KernelModule['module'];
  readonly memory: WebAssembly.Memory;
  /** A word in which threads count themselves, so that each finds a room of its own. */
  readonly taken: number;
  readonly rooms: number;
  readonly room: ThreadRoom;
}

/**
 * Lays out memory for the partners' activations and `threads` rooms.
 * @param bytes of the activations, which `take` then hands out
 * Throws AppError `too-large` beyond the 4 GiB that WebAssembly reaches.
 */
export function coactivationMemory(
  { module }: KernelModule,
  wanted: { threads: number; partners: number; levels: number; withValues: boolean; bytes: number },
): { memory: CoactivationMemory; take: Room } {
  const room = threadRoom(wanted.partners, wanted.levels, wanted.withValues);
  // Up to a page for what the kernels keep themselves, and a line lost for each part of the activations.
  const needed = 16 * pageBytes + wanted.threads * room.bytes + wanted.bytes;
  const pages = Math.ceil(needed / pageBytes);
  if (needed > maximumBytes)
    throw new AppError(
      'too-large',
      `Holding these activations against each other takes ${(needed / 2 ** 30).toFixed(1)} GiB at once, and 4 are the most. Use fewer tokens.`,
      { bytes: needed },
    );
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  let top = aligned(instantiateKernels(module, memory).heapBase);
  const claim = (bytes: number) => {
    const address = top;
    top = aligned(top + bytes);
    return address;
  };
  const taken = claim(4);
  const rooms = claim(wanted.threads * room.bytes);
  return {
    memory: { module, memory, taken, rooms, room },
    take: (bytes) => ({ buffer: memory.buffer, byteOffset: claim(bytes) }),
  };
}

function threadRoom(partners: number, levels: number, withValues: boolean): ThreadRoom {
  let bytes = 0;
  const claim = (size: number) => {
    const place = bytes;
    bytes = aligned(bytes + size);
    return place;
  };
  const sums = withValues ? 8 * partners : 0;
  return {
    list: claim(4 * listEntries),
    listValue: claim(withValues ? 4 * listEntries : 0),
    row: claim(4 * partners),
    smaller: claim(sums),
    product: claim(sums),
    thresholds: claim(4 * levels * partners),
    found: claim(4 * (2 * chunkPartners + 10)),
    touched: claim(4),
    bytes: aligned(bytes),
  };
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
