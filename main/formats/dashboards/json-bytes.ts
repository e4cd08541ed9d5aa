import { AppError } from '../../../shared/errors.ts';
import { parsePythonJson } from '../python-json.ts';
import type { KnownList, KnownLists } from './known-lists.ts';
import type { WordTable } from './word-table.ts';

const space = 0x20;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;

/**
 * Reads one JSON value from its bytes, field by field as the caller asks, so that long lists of tokens and
 * numbers become typed arrays without a JavaScript value for each. As strict as parsePythonJson.
 * @throws AppError `corrupt` naming file and place
 */
export class JsonBytes {
  readonly #bytes: Uint8Array;
  readonly #buffer: Buffer;
  readonly file: string;
  /** What is being read, for messages. */
  place: string;
  #at = 0;

  constructor(bytes: Buffer, file: string, place: string) {
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#buffer = bytes;
    this.file = file;
    this.place = place;
  }

  /**
   * Reads an object. `field` is told each key, and reads the value by one of the methods here or, by
   * answering false, leaves it: then it is parsed whole and kept in what is returned.
   */
  object(field: (key: string) => boolean): Record<string, unknown> {
    const rest = Object.create(null) as Record<string, unknown>;
    const keys = new Set<string>();
    this.#expect(0x7b, 'an object');
    if (this.#skip() === 0x7d) {
      this.#at++;
      return rest;
    }
    for (;;) {
      this.#skip();
      const key = this.#key();
      if (key === '__proto__' || keys.has(key))
        throw this.fail(
          key === '__proto__'
            ? "the key '__proto__' is not allowed"
            : `the key '${key.slice(0, 80)}' occurs twice`,
        );
      keys.add(key);
      this.#expect(colon, 'a colon');
      if (!field(key)) rest[key] = this.value();
      const next = this.#skip();
      this.#at++;
      if (next === 0x7d) return rest;
      if (next !== comma) throw this.fail('a comma is missing in an object');
    }
  }

  /** Reads a list, each entry by `entry`. */
  list(entry: (index: number) => void): void {
    this.#expect(0x5b, 'a list');
    if (this.#skip() === 0x5d) {
      this.#at++;
      return;
    }
    for (let index = 0; ; index++) {
      entry(index);
      const next = this.#skip();
      this.#at++;
      if (next === 0x5d) return;
      if (next !== comma) throw this.fail('a comma is missing in a list');
    }
  }

  /** Reads a list of words as their numbers in a table. */
  words(table: WordTable, into: NumberList<Int32Array>): void {
    into.length = 0;
    const bytes = this.#bytes;
    this.list(() => {
      if (this.#skip() !== quote) throw this.fail('a list of tokens holds what is no text');
      const start = this.#at + 1;
      let end = start;
      let byte = bytes[end]!;
      while (byte !== quote && byte !== backslash && byte >= space) byte = bytes[++end]!;
      if (byte === quote) {
        this.#at = end + 1;
        into.push(table.idOf(bytes, start, end));
      } else into.push(table.idOfText(this.value() as string));
    });
  }

  /** As `words`; answers the list itself where it was read before or is kept now. */
  knownWords(
    table: WordTable,
    known: KnownLists,
    into: NumberList<Int32Array>,
  ): KnownList | undefined {
    this.#skip();
    const start = this.#at;
    const found = known.find(this.#buffer, start);
    if (found) {
      this.#at += found.text.length;
      return found;
    }
    this.words(table, into);
    return known.keep(this.#buffer, start, this.#at, into.values);
  }

  /** Reads a list of numbers; NaN, infinities and null become 0. */
  numbers(into: NumberList<Float64Array>): void {
    into.length = 0;
    this.list(() => {
      this.#passZeros(into);
      this.#skip();
      const value = this.value();
      if (typeof value === 'number') into.push(Number.isFinite(value) ? value : 0);
      else if (value === null || /^(NaN|-?Infinity)$/.test(String(value))) into.push(0);
      else throw this.fail('a list of numbers holds what is no number');
    });
  }

  /** Takes `0.0,` as often as it comes: most numbers of a dashboard are that. */
  #passZeros(into: NumberList<Float64Array>): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (;;) {
      if (bytes[at] === space) at++;
      if (bytes[at] !== 0x30 || bytes[at + 1] !== 0x2e) break;
      if (bytes[at + 2] !== 0x30 || bytes[at + 3] !== comma) break;
      into.push(0);
      at += 4;
    }
    this.#at = at;
  }

  /** Reads any value. */
  value(): unknown {
    this.#skip();
    const start = this.#at;
    const first = this.#bytes[start];
    const short = this.#shortNumber();
    if (short !== undefined) return short;
    this.#pass();
    const text = this.#buffer.toString('utf8', start, this.#at);
    if (first !== undefined && ((first >= 0x30 && first <= 0x39) || first === 0x2d)) {
      const number = Number(text);
      if (plainNumber.test(text) && Number.isFinite(number)) return number;
    }
    return parsePythonJson(text, this.file, this.place);
  }

  /**
   * A number without sign and exponent, of up to 15 digits, of which both parts are exact in float64, so
   * that their quotient is rounded as it should be; undefined, and nothing read, for any other value.
   */
  #shortNumber(): number | undefined {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let whole = 0;
    let byte = bytes[at]!;
    for (; byte >= 0x30 && byte <= 0x39; byte = bytes[++at]!) whole = 10 * whole + byte - 0x30;
    const point = at;
    if (point === start || (bytes[start] === 0x30 && point > start + 1)) return undefined;
    if (byte === 0x2e) {
      byte = bytes[++at]!;
      for (; byte >= 0x30 && byte <= 0x39; byte = bytes[++at]!) whole = 10 * whole + byte - 0x30;
      if (at === point + 1) return undefined;
    }
    const digits = at > point ? at - start - 1 : at - start;
    if (digits > 15 || (byte !== comma && byte !== 0x5d && byte !== 0x7d)) return undefined;
    this.#at = at;
    return at > point ? whole / powersOfTen[at - point - 1]! : whole;
  }

  /** Nothing may follow. */
  end(): void {
    if (this.#buffer.toString('latin1', this.#at).trim() !== '')
      throw this.fail('something follows the end of the value');
  }

  fail(problem: string): AppError {
    return new AppError(
      'corrupt',
      `${this.file}: ${this.place} is not valid: ${problem}, near its byte ${this.#at}. Write the file again.`,
      { file: this.file, place: this.place },
    );
  }

  #key(): string {
    if (this.#bytes[this.#at] !== quote) throw this.fail('a key is missing');
    const start = this.#at;
    this.#passString();
    const text = this.#buffer.toString('utf8', start + 1, this.#at - 1);
    return text.includes('\\')
      ? (parsePythonJson(`"${text}"`, this.file, this.place) as string)
      : text;
  }

  /** Moves to the next byte that is not white space and answers it. */
  #skip(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at];
    while (byte === space || byte === 0x0a || byte === 0x0d || byte === 0x09)
      byte = bytes[++this.#at];
    if (byte === undefined) throw this.fail('it ends too early');
    return byte;
  }

  #expect(byte: number, what: string): void {
    if (this.#skip() !== byte) throw this.fail(`${what} is missing`);
    this.#at++;
  }

  /** Moves behind a value without looking at more than its strings and brackets. */
  #pass(): void {
    const bytes = this.#bytes;
    let depth = 0;
    for (;;) {
      const byte = bytes[this.#at];
      if (byte === undefined) {
        if (depth > 0) throw this.fail('a bracket is never closed');
        return;
      }
      if (byte === quote) {
        this.#passString();
        if (depth === 0) return;
        continue;
      }
      if (byte === 0x7b || byte === 0x5b) depth++;
      else if (byte === 0x7d || byte === 0x5d) {
        if (depth === 0) return;
        if (--depth === 0) {
          this.#at++;
          return;
        }
      } else if (byte === comma && depth === 0) return;
      this.#at++;
    }
  }

  #passString(): void {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    for (;;) {
      const byte = bytes[at++];
      if (byte === quote) break;
      if (byte === backslash) at++;
      else if (byte === undefined) throw this.fail('a text is never closed');
    }
    this.#at = at;
  }
}

const powersOfTen = Array.from({ length: 17 }, (_, i) => 10 ** i);

/** As RFC 8259 allows, so that Number() takes nothing more. */
const plainNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** A typed list that is filled again and again. */
export class NumberList<T extends Int32Array | Float64Array> {
  #values: T;
  length = 0;

  constructor(make: new (length: number) => T) {
    this.#values = new make(256);
  }

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new (this.#values.constructor as new (length: number) => T)(2 * this.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  /** Valid until the next change. */
  get values(): T {
    return this.#values.subarray(0, this.length) as T;
  }
}
