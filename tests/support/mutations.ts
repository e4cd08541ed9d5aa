import { setImmediate } from 'node:timers/promises';
import { expect } from 'vitest';
import { AppError } from '../../shared/errors.ts';
import type { Random } from './random.ts';

/** Numbers at which readers tend to err, as text. */
const awkward = [
  '0',
  '-1',
  '1',
  '7',
  '8',
  '255',
  '65535',
  '65536',
  '2147483648',
  '4294967295',
  '4294967296',
  '9007199254740993',
  '9223372036854775808',
  '18446744073709551615',
  '1e999',
  '-0',
  '1.5',
  '""',
  'null',
  '[]',
  '{}',
  'true',
  '"__proto__"',
  '"constructor"',
];
const bytesOfInterest = [
  0, 1, 0x7f, 0x80, 0xfe, 0xff, 0x22, 0x27, 0x28, 0x2c, 0x2e, 0x5b, 0x5d, 0x7b, 0x7d,
];

/** A copy with one to four changes: bits, bytes, long fields, pieces cut, doubled, moved, or swapped for text. */
export function mutated(random: Random, original: Buffer): Buffer {
  let bytes = Buffer.from(original);
  for (let changes = random.integer(1, 4); changes > 0 && bytes.length > 0; changes--)
    bytes = change(random, bytes);
  return bytes;
}

function change(random: Random, bytes: Buffer): Buffer<ArrayBuffer> {
  const at = random.integer(0, bytes.length - 1);
  const length = Math.min(bytes.length - at, random.integer(1, 16));
  const copy = Buffer.from(bytes);
  switch (random.integer(0, 8)) {
    case 0:
      copy[at]! ^= 1 << random.integer(0, 7);
      return copy;
    case 1:
      copy[at] = random.pick(bytesOfInterest);
      return copy;
    case 2:
      copy.fill(random.pick([0, 0xff]), at, Math.min(copy.length, at + random.pick([2, 4, 8])));
      return copy;
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    case 5:
      return Buffer.from(bytes.subarray(0, at));
    case 6: {
      const other = random.integer(0, bytes.length - 1);
      bytes.copy(copy, at, other, other + length);
      return copy;
    }
    default:
      return replaceNumber(random, bytes, at);
  }
}

/** The digits at or after a place for another value; the byte there where there are none. */
function replaceNumber(random: Random, bytes: Buffer, at: number): Buffer<ArrayBuffer> {
  let start = at;
  while (start < bytes.length && !isDigit(bytes[start]!)) start++;
  let end = start;
  while (end < bytes.length && isDigit(bytes[end]!)) end++;
  const [from, to] = start === bytes.length ? [at, at + 1] : [start, end];
  const value = Buffer.from(random.pick(awkward));
  return Buffer.concat([bytes.subarray(0, from), value, bytes.subarray(to)]);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

// A stack for each of some hundred thousand errors would take most of the time.
Error.stackTraceLimit = 0;

/** What no file may do to the one who reads it: seconds, and bytes above what was in use before. */
const longest = 2_000;
const mostMemory = 256 << 20;

/**
 * Holds readers to the rule for hostile files: an answer or an AppError, within two seconds and 256 MB,
 * and no change to what every object inherits.
 */
export class Watch {
  readonly #prototype = Object.getOwnPropertyNames(Object.prototype).join();
  readonly #before = process.memoryUsage().rss;
  #slowest = 0;
  #count = 0;
  #read = 0;

  /** @returns the code of the error, or `read`. */
  run(read: () => unknown): string {
    const start = performance.now();
    const code = outcome(read);
    this.#note(code, start);
    return code;
  }

  /** As `run`, for a reader that waits; every 500 rounds others have their turn. */
  async wait(read: () => Promise<unknown>): Promise<string> {
    const start = performance.now();
    const code = await read().then(() => 'read', refusalOf);
    const count = this.#note(code, start);
    if (count % 500 === 0) await setImmediate();
    return code;
  }

  /** @param share of the files that must have been read: less means that none got past the first check. */
  end(share = 0): void {
    this.#weigh();
    expect(this.#slowest).toBeLessThan(longest);
    expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(this.#prototype);
    expect(this.#read / this.#count).toBeGreaterThanOrEqual(share);
  }

  #note(code: string, start: number): number {
    this.#slowest = Math.max(this.#slowest, performance.now() - start);
    if (code === 'read') this.#read++;
    if (++this.#count % 500 === 0) this.#weigh();
    return this.#count;
  }

  #weigh(): void {
    expect(process.memoryUsage().rss - this.#before).toBeLessThan(mostMemory);
  }
}

function outcome(read: () => unknown): string {
  try {
    read();
    return 'read';
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): string {
  if (error instanceof AppError) return error.code;
  throw new Error(`A reader failed in a way of its own: ${String(error)}`, { cause: error });
}
