import { AppError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';

export interface JsonElement {
  readonly bytes: Buffer;
  /** From 0. */
  readonly index: number;
  /** Byte of the file at which it starts. */
  readonly offset: number;
}

const elementBytes = 256 << 20;
const quote = 0x22;
const backslash = 0x5c;

/**
 * Takes the elements of one array out of a JSON object as its bytes come in, so that a file of any size
 * passes through the memory of one element. Only brackets and strings are followed; what is inside an
 * element, and what is left of the file without them (`rest`), is for a parser to check.
 */
export class JsonElements {
  readonly #file: string;
  readonly #key: string;
  readonly #rest: Buffer[] = [];
  #restBytes = 0;
  #position = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The newest string at depth 1, as bytes; it is a key where a colon follows. */
  #name = '';
  #isWanted = false;
  #inArray = false;
  #seen = 0;
  #parts: Buffer[] = [];
  #partBytes = 0;
  #offset = -1;

  /** @param key of the array in the object of the top level */
  constructor(file: string, key: string) {
    this.#file = file;
    this.#key = key;
  }

  /** Elements that end in these bytes. @throws AppError `too-large` */
  push(chunk: Buffer): JsonElement[] {
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    const found: JsonElement[] = [];
    // Where the stretch begins that belongs to the current element, or to the rest.
    let start = 0;
    let i = this.#inString ? this.#passString(bytes, 0) : 0;
    for (; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (byte === quote) {
        this.#inString = true;
        if (this.#depth === 1) this.#name = '';
        i = this.#passString(bytes, i + 1) - 1;
        continue;
      }
      // Digits, signs, letters and white space.
      if (byte < 0x3a && byte !== 0x2c) continue;
      if (byte === 0x7b || byte === 0x5b) {
        if (this.#depth === 1 && byte === 0x5b && this.#isWanted) this.#inArray = true;
        if (this.#depth === 2 && this.#inArray) {
          this.#keepRest(chunk.subarray(start, i));
          start = i;
          this.#offset = this.#position + i;
        }
        this.#depth++;
      } else if (byte === 0x7d || byte === 0x5d) {
        this.#depth--;
        if (this.#depth === 2 && this.#inArray) {
          found.push(this.#finish(chunk.subarray(start, i + 1)));
          start = i + 1;
        } else if (this.#depth === 1) this.#inArray = false;
      } else if (byte === 0x3a && this.#depth === 1) this.#isWanted = this.#name === this.#key;
      else if (byte === 0x2c && this.#depth === 2 && this.#inArray) {
        // Between elements: the array is left empty in the rest.
        this.#keepRest(chunk.subarray(start, i));
        start = i + 1;
      }
    }
    const left = chunk.subarray(start);
    if (this.#offset >= 0) this.#keepPart(left);
    else this.#keepRest(left);
    this.#position += chunk.length;
    return found;
  }

  /** From inside a string to the first byte behind it, or to the end of the bytes. */
  #passString(bytes: Uint8Array, from: number): number {
    const isName = this.#depth === 1;
    let escaped = this.#escaped;
    let at = from;
    for (; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (escaped) escaped = false;
      else if (byte === backslash) escaped = true;
      else if (byte === quote) break;
      if (isName && this.#name.length < 64) this.#name += String.fromCharCode(byte);
    }
    this.#escaped = escaped;
    if (at === bytes.length) return at;
    this.#inString = false;
    return at + 1;
  }

  /** The file without the elements, as text. @throws AppError `truncated` in the middle of the object. */
  finish(): string {
    if (this.#depth > 0 || this.#inString)
      throw new AppError(
        'truncated',
        `${this.#file} ends at byte ${this.#position} after ${this.#seen} of '${this.#key}', in the middle of its JSON. Copy the file again.`,
        { file: this.#file, place: `byte ${this.#position}` },
      );
    return Buffer.concat(this.#rest).toString('utf8');
  }

  #finish(last: Buffer): JsonElement {
    this.#keepPart(last);
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    const element = { bytes, index: this.#seen++, offset: this.#offset };
    this.#parts = [];
    this.#partBytes = 0;
    this.#offset = -1;
    return element;
  }

  #keepPart(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#partBytes += bytes.length;
    if (this.#partBytes > elementBytes)
      this.#refuse(`number ${this.#seen} of '${this.#key}'`, elementBytes);
  }

  #keepRest(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#rest.push(Buffer.from(bytes));
    this.#restBytes += bytes.length;
    if (this.#restBytes > limits.documentBytes)
      this.#refuse(`what stands beside '${this.#key}'`, limits.documentBytes);
  }

  #refuse(what: string, most: number): never {
    throw new AppError('too-large', `${this.#file}: ${what} is larger than ${most >> 20} MB.`, {
      file: this.#file,
      place: `byte ${this.#position}`,
    });
  }
}
