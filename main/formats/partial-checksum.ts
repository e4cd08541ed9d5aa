import { crc32 } from 'node:zlib';

/** Parts of a file that follow each other without a gap. */
interface Run {
  readonly start: number;
  readonly crc: number;
}

/** The CRC-32 of bytes that are read part by part in any order, such as a matrix by its columns. */
export class PartialChecksum {
  readonly #size: number;
  /** By where they end. */
  readonly #runs = new Map<number, Run>();
  #covered = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /**
   * Takes in a part. A part that starts at 0 starts all over.
   * @returns the checksum of the whole once every byte was read, each once
   */
  add(start: number, bytes: Buffer): number | undefined {
    if (start === 0) {
      this.#runs.clear();
      this.#covered = 0;
    }
    const before = this.#runs.get(start);
    if (before) this.#runs.delete(start);
    this.#runs.set(start + bytes.length, {
      start: before?.start ?? start,
      crc: crc32(bytes, before?.crc ?? 0),
    });
    this.#covered += bytes.length;
    return this.#covered === this.#size ? this.#whole() : undefined;
  }

  #whole(): number | undefined {
    let [end, crc] = [0, 0];
    let length = 0;
    let shift = 0;
    for (const [runEnd, run] of [...this.#runs].sort(([a], [b]) => a - b)) {
      if (run.start !== end) return undefined;
      if (runEnd - run.start !== length) {
        length = runEnd - run.start;
        shift = shiftBy(length);
      }
      crc = (multiply(shift, crc) ^ run.crc) >>> 0;
      end = runEnd;
    }
    return crc;
  }
}

// A CRC is a polynomial over GF(2), the coefficient of x^0 in the highest bit, modulo the polynomial of
// ZIP. Bytes that follow shift it by x^8 each.

const polynomial = 0xedb88320;
const one = 2 ** 31;

/** x^(8 bytes), by squaring. */
function shiftBy(bytes: number): number {
  let result = one;
  let power = one >>> 8;
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(power, result);
    power = multiply(power, power);
  }
  return result;
}

function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 31, shifted = b; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= shifted;
    shifted = shifted & 1 ? (shifted >>> 1) ^ polynomial : shifted >>> 1;
  }
  return product >>> 0;
}
