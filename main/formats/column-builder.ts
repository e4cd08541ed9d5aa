import {
  missingTexts,
  parseBoolean,
  parseNumber,
  type Column,
  type OffendingCell,
} from '../../shared/domain/table.ts';

type Mode = 'undecided' | 'number' | 'boolean' | 'text' | 'mixed';

/** A typed array that grows. */
class Growing<T extends Float64Array | Int32Array | Int8Array> {
  #array: T;
  readonly #make: (length: number) => T;
  length = 0;

  constructor(make: (length: number) => T) {
    this.#make = make;
    this.#array = make(256);
  }

  push(value: number): void {
    if (this.length === this.#array.length) {
      const larger = this.#make(2 * this.length);
      larger.set(this.#array);
      this.#array = larger;
    }
    this.#array[this.length++] = value;
  }

  finish(): T {
    const exact = this.#make(this.length);
    exact.set(this.#array.subarray(0, this.length));
    this.#array = this.#make(0);
    return exact;
  }
}

/**
 * Takes the cells of one column as they come and stores them typed. The first present cell decides
 * between number, boolean and text; a later one that does not fit makes the column `mixed`, and it has
 * to be read once more as text, because what a number's text was is not kept.
 */
export class ColumnBuilder {
  readonly name: string;
  #mode: Mode;
  /** Cells before the first present one. */
  #leading = 0;
  /** Cells that hold `.`: missing among numbers, a text among texts. */
  #dots = 0;
  #numericCells = 0;
  #firstText: OffendingCell | undefined;
  #numbers: Growing<Float64Array> | undefined;
  #booleans: Growing<Int8Array> | undefined;
  #codes: Growing<Int32Array> | undefined;
  readonly #levels = new Map<string, number>();

  constructor(name: string, asText = false) {
    this.name = name;
    this.#mode = asText ? 'text' : 'undecided';
    if (asText) this.#codes = new Growing((length) => new Int32Array(length));
  }

  /** The column holds texts beside numbers or truth values and must be read again as text. */
  get isMixed(): boolean {
    return this.#mode === 'mixed';
  }

  add(text: string, row: number, line: number): void {
    switch (this.#mode) {
      case 'undecided':
        return this.#decide(text, row, line);
      case 'number':
        return this.#addNumber(text, row, line);
      case 'boolean':
        return this.#addBoolean(text, row, line);
      case 'text':
        return this.#addText(text, row, line);
      case 'mixed':
        return;
    }
  }

  #decide(text: string, row: number, line: number): void {
    if (missingTexts.has(text) || text === '.') {
      this.#leading++;
      if (text === '.') this.#dots++;
      return;
    }
    if (parseNumber(text) !== undefined) {
      this.#mode = 'number';
      this.#numbers = new Growing((length) => new Float64Array(length));
      for (let i = 0; i < this.#leading; i++) this.#numbers.push(NaN);
      return this.#addNumber(text, row, line);
    }
    if (this.#dots > 0) {
      this.#mode = 'mixed';
      return;
    }
    if (parseBoolean(text) !== undefined) {
      this.#mode = 'boolean';
      this.#booleans = new Growing((length) => new Int8Array(length));
      for (let i = 0; i < this.#leading; i++) this.#booleans.push(-1);
      return this.#addBoolean(text, row, line);
    }
    this.#mode = 'text';
    this.#codes = new Growing((length) => new Int32Array(length));
    for (let i = 0; i < this.#leading; i++) this.#codes.push(-1);
    this.#addText(text, row, line);
  }

  #addNumber(text: string, row: number, line: number): void {
    const value = parseNumber(text);
    if (value !== undefined) this.#numbers!.push(value);
    else if (missingTexts.has(text) || text === '.') this.#numbers!.push(NaN);
    else this.#mix(text, row, line);
  }

  #addBoolean(text: string, row: number, line: number): void {
    const value = parseBoolean(text);
    if (value !== undefined) this.#booleans!.push(value ? 1 : 0);
    else if (missingTexts.has(text)) this.#booleans!.push(-1);
    else this.#mix(text, row, line);
  }

  #addText(text: string, row: number, line: number): void {
    if (missingTexts.has(text)) return this.#codes!.push(-1);
    if (parseNumber(text) !== undefined) this.#numericCells++;
    else this.#firstText ??= { text, row, line };
    let code = this.#levels.get(text);
    if (code === undefined) {
      code = this.#levels.size;
      // A copy: a part of a text keeps all of it in memory.
      this.#levels.set(Buffer.from(text).toString(), code);
    }
    this.#codes!.push(code);
  }

  #mix(text: string, row: number, line: number): void {
    this.#mode = 'mixed';
    this.#firstText = { text, row, line };
    this.#numbers = undefined;
    this.#booleans = undefined;
  }

  /** The finished column; a mixed one must be rebuilt as text first. */
  finish(): Column {
    const { name } = this;
    if (this.#mode === 'number') return { kind: 'number', name, values: this.#numbers!.finish() };
    if (this.#mode === 'boolean') return { kind: 'boolean', name, codes: this.#booleans!.finish() };
    if (this.#mode === 'text')
      return {
        kind: 'text',
        name,
        codes: this.#codes!.finish(),
        levels: [...this.#levels.keys()],
        numericCells: this.#numericCells,
        firstText: this.#firstText ?? { text: '', row: 0, line: 0 },
      };
    return { kind: 'empty', name };
  }
}
