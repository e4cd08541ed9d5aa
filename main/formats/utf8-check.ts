import { isUtf8 } from 'node:buffer';
import { AppError } from '../../shared/errors.ts';

/**
 * Checks a stream of bytes for valid UTF-8, across chunk boundaries.
 * `add` and `finish` throw AppError `corrupt` with the offset of the fault.
 */
export class Utf8Check {
  readonly #path: string;
  #carry = Buffer.alloc(0);
  #offset = 0;

  constructor(path: string) {
    this.#path = path;
  }

  add(chunk: Buffer): void {
    const bytes = this.#carry.length > 0 ? Buffer.concat([this.#carry, chunk]) : chunk;
    // An unfinished character at the end, of at most three bytes, waits for the next chunk.
    let end = bytes.length;
    for (let back = 1; back <= Math.min(3, bytes.length); back++) {
      const byte = bytes[bytes.length - back]!;
      if (byte < 0x80) break;
      if (byte < 0xc0) continue;
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      if (needed > back) end = bytes.length - back;
      break;
    }
    const whole = bytes.subarray(0, end);
    if (!isUtf8(whole)) throw this.#error(whole);
    this.#offset += whole.length;
    this.#carry = Buffer.from(bytes.subarray(end));
  }

  finish(): void {
    if (this.#carry.length > 0) throw this.#error(this.#carry);
  }

  #error(bytes: Buffer): AppError {
    let low = 0;
    let high = bytes.length;
    while (high - low > 4) {
      const middle = (low + high) >> 1;
      const valid = [0, 1, 2, 3].some(
        (k) => middle - k >= 0 && isUtf8(bytes.subarray(0, middle - k)),
      );
      if (valid) low = middle;
      else high = middle;
    }
    const at = this.#offset + low;
    return new AppError(
      'corrupt',
      `${this.#path} is not UTF-8 text near byte ${at}. Save it again with the encoding UTF-8.`,
      { file: this.#path, place: `byte ${at}` },
    );
  }
}
