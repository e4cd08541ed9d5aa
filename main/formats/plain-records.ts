const newline = 0x0a;
const quote = 0x22;

/**
 * Splits the records of delimited text for as long as it is plain: no quote anywhere, and no carriage return
 * but before a newline. There a record is a line and a cell what lies between delimiters, which is all that
 * a parser of CSV would find, at several times its pace. The bytes of the first record that is not plain,
 * and all after them, are handed back for such a parser.
 */
export class PlainRecords {
  readonly #delimiter: string;
  readonly #onRecord: (cells: readonly string[]) => void;
  readonly #most: number;
  /** Of a record whose end has not come yet. */
  #pending: Buffer = Buffer.alloc(0);

  /** @param most bytes of one record that are held here */
  constructor(delimiter: string, most: number, onRecord: (cells: readonly string[]) => void) {
    this.#delimiter = delimiter;
    this.#most = most;
    this.#onRecord = onRecord;
  }

  /** Takes the next bytes; answers those that are not plain, or undefined where all were. */
  add(bytes: Buffer): Buffer | undefined {
    const data = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const quoted = data.indexOf(quote);
    const end = (quoted < 0 ? data : data.subarray(0, quoted)).lastIndexOf(newline) + 1;
    const rest = this.#lines(data.subarray(0, end));
    const after = data.subarray(end);
    if (rest !== undefined) return Buffer.concat([rest, after]);
    if (quoted >= 0 || after.length > this.#most) return after;
    this.#pending = Buffer.from(after);
    return undefined;
  }

  /** The last record, where no newline ends it; answers its bytes where it is not plain. */
  finish(): Buffer | undefined {
    if (this.#pending.length === 0) return undefined;
    return this.#lines(Buffer.concat([this.#pending, Buffer.of(newline)]));
  }

  #lines(data: Buffer): Buffer | undefined {
    const text = data.toString('utf8');
    for (let start = 0; start < text.length;) {
      const end = text.indexOf('\n', start);
      const hasReturn = text.charCodeAt(end - 1) === 0x0d && end > start;
      const line = text.slice(start, hasReturn ? end - 1 : end);
      if (line.includes('\r')) return Buffer.from(text.slice(start));
      this.#onRecord(line.split(this.#delimiter));
      start = end + 1;
    }
    return undefined;
  }
}
