import { AppError } from '../../../shared/errors.ts';
import { asGlobal, call, type Global, type PickleStorage, type PickleTensor } from './globals.ts';

/**
 * The part of pickle that torch.save makes of tensors in dictionaries and lists, read as data. Nothing
 * is called and no class is made: the few names that may stand where a pickle names a function are
 * listed in globals.ts, and each stands for a plain value. The opcodes are fewer than those of
 * PyTorch's own restricted reader (torch/_weights_only_unpickler.py); any other is an error.
 */

/** What a pickle can hold here. Dictionaries are maps, so that no key means anything. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly PickleValue[]
  | Map<string | number, PickleValue>
  | PickleTensor
  | PickleStorage
  | Global;

export const pickleLimits = { opcodes: 1e6, stack: 1e4, memo: 1e5, stringBytes: 1 << 20 };

const mark = Symbol('mark');
type Slot = PickleValue | typeof mark;

/** @throws AppError `corrupt` or `unsupported`, naming the byte. */
export function readPickle(bytes: Buffer, file: string): PickleValue {
  return new PickleReader(bytes, file).run();
}

class PickleReader {
  readonly #bytes: Buffer;
  readonly #file: string;
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #at = 0;
  #opcodeAt = 0;

  constructor(bytes: Buffer, file: string) {
    this.#bytes = bytes;
    this.#file = file;
  }

  run(): PickleValue {
    for (let count = 0; count < pickleLimits.opcodes; count++) {
      this.#opcodeAt = this.#at;
      const opcode = this.#take(1)[0]!;
      if (opcode === 0x2e) return this.#finish();
      this.#step(opcode);
      if (this.#stack.length > pickleLimits.stack) throw this.#bad('it nests or lists too much');
    }
    throw this.#bad('it has too many opcodes');
  }

  #finish(): PickleValue {
    const value = this.#pop();
    if (this.#stack.length > 0) throw this.#bad('something is left over at its end');
    if (this.#at !== this.#bytes.length) throw this.#bad('bytes follow its end');
    return value;
  }

  #step(opcode: number): void {
    switch (String.fromCharCode(opcode)) {
      case '\x80':
        return this.#protocol();
      case '(':
        return void this.#stack.push(mark);
      case 'N':
        return this.#push(null);
      case '\x88':
        return this.#push(true);
      case '\x89':
        return this.#push(false);
      case 'J':
        return this.#push(this.#take(4).readInt32LE());
      case 'K':
        return this.#push(this.#take(1)[0]!);
      case 'M':
        return this.#push(this.#take(2).readUInt16LE());
      case '\x8a':
        return this.#push(this.#long());
      case 'G':
        return this.#push(this.#take(8).readDoubleBE());
      case 'X':
        return this.#push(this.#text(this.#take(4).readUInt32LE()));
      case 'U':
        return this.#push(this.#text(this.#take(1)[0]!));
      case ')':
        return this.#pushTuple([]);
      case ']':
        return this.#push([]);
      case '}':
        return this.#push(new Map());
      case 't':
        return this.#pushTuple(this.#popToMark());
      case '\x85':
        return this.#pushTuple(this.#popCount(1));
      case '\x86':
        return this.#pushTuple(this.#popCount(2));
      case '\x87':
        return this.#pushTuple(this.#popCount(3));
      case 'a':
        return this.#append(this.#popCount(1));
      case 'e':
        return this.#append(this.#popToMark());
      case 's':
        return this.#setItems(this.#popCount(2));
      case 'u':
        return this.#setItems(this.#popToMark());
      case 'q':
        return this.#remember(this.#take(1)[0]!);
      case 'r':
        return this.#remember(this.#take(4).readUInt32LE());
      case 'h':
        return this.#recall(this.#take(1)[0]!);
      case 'j':
        return this.#recall(this.#take(4).readUInt32LE());
      case 'c':
        return this.#push(this.#global());
      case 'Q':
        return this.#persistent();
      case 'R':
        return this.#reduce();
      case 'b':
        return this.#build();
      default:
        throw this.#refused(`the opcode 0x${opcode.toString(16).padStart(2, '0')}`);
    }
  }

  #protocol(): void {
    const [version] = this.#take(1);
    if (this.#opcodeAt !== 0 || version! > 3)
      throw this.#refused(`protocol ${version} at byte ${this.#opcodeAt}`);
  }

  #append(values: PickleValue[]): void {
    const list = this.#top();
    if (!isOpenList(list)) throw this.#bad('it appends to what is not a list');
    // In parts, since a call takes only so many arguments.
    for (const value of values) list.push(value);
  }

  #setItems(values: PickleValue[]): void {
    const map = this.#top();
    if (!(map instanceof Map) || values.length % 2 !== 0)
      throw this.#bad('it sets items of what is not a dictionary');
    for (let i = 0; i < values.length; i += 2) {
      const key = values[i];
      if (typeof key !== 'string' && typeof key !== 'number')
        throw this.#bad('a key is neither text nor a number');
      if (map.has(key)) throw this.#bad(`the key ${JSON.stringify(key)} is there twice`);
      map.set(key, values[i + 1]!);
    }
  }

  #remember(place: number): void {
    if (this.#memo.has(place)) throw this.#bad('it remembers two things in one place');
    if (this.#memo.size >= pickleLimits.memo) throw this.#bad('it remembers too much');
    this.#memo.set(place, this.#top());
  }

  #recall(place: number): void {
    const value = this.#memo.get(place);
    if (value === undefined) throw this.#bad('it recalls what it did not remember');
    this.#push(value);
  }

  #global(): Global {
    const name = `${this.#line()}.${this.#line()}`;
    const global = asGlobal(name);
    if (!global) throw this.#refused(`the name ${JSON.stringify(name)}`);
    return global;
  }

  #persistent(): void {
    const value = this.#pop();
    const parts: readonly PickleValue[] = Array.isArray(value) ? value : [];
    const [kind, storage, key, , count] = parts;
    if (
      parts.length !== 5 ||
      kind !== 'storage' ||
      !isGlobal(storage) ||
      storage.role !== 'storage' ||
      typeof key !== 'string' ||
      typeof count !== 'number' ||
      !Number.isSafeInteger(count) ||
      count < 0
    )
      throw this.#bad('it refers to something other than a storage');
    this.#push({ role: 'stored', dtype: storage.dtype, key, count });
  }

  #reduce(): void {
    const [callee, values] = this.#popCount(2);
    if (!isGlobal(callee) || !Array.isArray(values)) throw this.#bad('it calls what is not a name');
    const result = call(callee, values as readonly PickleValue[]);
    if (typeof result === 'string') throw this.#bad(result);
    this.#push(result.value);
  }

  /** torch puts version numbers of modules onto a state dict this way: read, and left out. */
  #build(): void {
    this.#pop();
    if (!(this.#top() instanceof Map))
      throw this.#bad('it sets the state of what is not a dictionary');
  }

  #long(): number | bigint {
    const bytes = this.#take(this.#take(1)[0]!);
    let value = 0n;
    for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    if (bytes.length > 0) value = BigInt.asIntN(8 * bytes.length, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  #text(length: number): string {
    if (length > pickleLimits.stringBytes) throw this.#bad('a text in it is too long');
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.#take(length));
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw this.#bad('a text in it is not UTF-8');
    }
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0 || end - this.#at > 200) throw this.#bad('a name in it does not end');
    const text = this.#bytes.toString('latin1', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw this.#bad('it ends too early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  /** Tuples are told apart from lists by being frozen: nothing can be appended to them. */
  #pushTuple(values: PickleValue[]): void {
    this.#push(Object.freeze(values));
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === mark) throw this.#bad('something is missing on its stack');
    return value;
  }

  #pop(): PickleValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popCount(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #popToMark(): PickleValue[] {
    const start = this.#stack.lastIndexOf(mark);
    if (start < 0) throw this.#bad('a mark is missing on its stack');
    return this.#stack.splice(start).slice(1) as PickleValue[];
  }

  #bad(problem: string): AppError {
    const place = `pickle, byte ${this.#opcodeAt}`;
    return new AppError(
      'corrupt',
      `${this.#file}: ${place}: ${problem}. Save the tensors as safetensors.`,
      { file: this.#file, place },
    );
  }

  #refused(what: string): AppError {
    const place = `pickle, byte ${this.#opcodeAt}`;
    return new AppError(
      'unsupported',
      `${this.#file}: ${place}: ${what} is not read. Assay runs nothing that a file brings along: it reads tensors in dictionaries and lists only. If you trust the file, convert it in Python: safetensors.torch.save_file(torch.load("in.pt", weights_only=True), "out.safetensors").`,
      { file: this.#file, place },
    );
  }
}

function isGlobal(value: PickleValue | undefined): value is Global {
  return (
    typeof value === 'object' &&
    value !== null &&
    'role' in value &&
    (value.role === 'function' || value.role === 'storage')
  );
}

/** A list, not a tuple. */
function isOpenList(value: PickleValue): value is PickleValue[] {
  return Array.isArray(value) && !Object.isFrozen(value);
}
