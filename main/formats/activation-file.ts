import { AppError } from '../../shared/errors.ts';
import type { TensorReader } from '../../shared/domain/tensors.ts';
import { openSafetensors } from './safetensors.ts';
import { SafetensorsWriter, type TensorPlan } from './safetensors-writer.ts';

/**
 * The sparse activations of one dictionary over a set of tokens, in both orders, so that either is read
 * by ranges. Feature-major: `pointers` int64 [n + 1] into `token` int32 [count] (row * context +
 * position, rising within a feature) and `value` float32 [count]. Token-major: `token_pointers` int64
 * [tokens + 1] into `feature` (uint16, or int32 from 65,537 latents on) and `feature_value` float32
 * [count], features rising within a token. Files of before the token-major part lack it.
 */

/** Entries of consecutive features: those of feature `first + j` are at pointers[j] up to pointers[j + 1]. */
export interface FeatureRange {
  readonly first: number;
  /** Features in the range. */
  readonly latents: number;
  /** Tokens of the whole set. */
  readonly tokens: number;
  /** [latents + 1], from 0 */
  readonly pointers: Float64Array;
  readonly token: Int32Array;
  readonly value: Float32Array;
}

/** Entries of consecutive tokens: those of token `first + t` are at pointers[t] up to pointers[t + 1]. */
export interface TokenRange {
  readonly first: number;
  /** Tokens in the range. */
  readonly tokens: number;
  /** [tokens + 1], from 0 */
  readonly pointers: Float64Array;
  readonly feature: Int32Array;
  readonly value: Float32Array;
}

export interface RangeOptions {
  /** Puts the arrays into SharedArrayBuffers, for threads. */
  readonly shared?: boolean;
}

/** Feature number at which the token-major part needs 32 bits. */
const wideLatents = 1 << 16;
/** Pointers are read as int32. */
const mostEntries = 2 ** 31 - 1;

/** A file of activations, read by ranges of features or of tokens. */
export class ActivationFile {
  readonly latents: number;
  readonly tokens: number;
  readonly entries: number;
  readonly #reader: TensorReader;

  /** @throws AppError what opening a safetensors file throws, `not-found` for one without activations. */
  constructor(path: string) {
    this.#reader = openSafetensors(path);
    const { tensors, metadata } = this.#reader;
    this.latents = (tensors.get('pointers')?.size ?? 0) - 1;
    this.entries = tensors.get('token')?.size ?? 0;
    this.tokens =
      (tensors.get('token_pointers')?.size ?? Number(metadata.get('tokens') ?? 0) + 1) - 1;
    if (this.latents >= 0) return;
    this.close();
    throw new AppError('not-found', `${path} holds no activations. Collect the features again.`, {
      file: path,
      place: 'pointers',
    });
  }

  /** Whether there is a token-major part. */
  get hasTokens(): boolean {
    return this.#reader.tensors.has('token_pointers');
  }

  /** Where the entries of features begin and end: [end - start + 1] entries of `pointers`, as they are. */
  featurePointers(start = 0, end = this.latents): Float64Array {
    return Float64Array.from(this.#reader.ints('pointers', start, end + 1));
  }

  /** Features `start` up to `end`. @throws AppError `bad-input` for a range that is not there. */
  features(start = 0, end = this.latents, options: RangeOptions = {}): FeatureRange {
    const { pointers, from, to } = this.#span('pointers', start, end);
    return {
      first: start,
      latents: end - start,
      tokens: this.tokens,
      pointers: placed(pointers, options),
      token: placed(this.#reader.ints('token', from, to), options),
      value: placed(this.#reader.floats('value', from, to), options),
    };
  }

  /**
   * Tokens `start` up to `end`. @throws AppError `bad-input` for a range that is not there, `unsupported`
   * for a file without the token-major part.
   */
  rows(start = 0, end = this.tokens, options: RangeOptions = {}): TokenRange {
    if (!this.hasTokens)
      throw new AppError(
        'unsupported',
        `${this.#reader.source} was written before activations were kept by token, too. Collect the features again.`,
        { file: this.#reader.source, place: 'token_pointers' },
      );
    const { pointers, from, to } = this.#span('token_pointers', start, end);
    return {
      first: start,
      tokens: end - start,
      pointers: placed(pointers, options),
      feature: placed(this.#reader.ints('feature', from, to), options),
      value: placed(this.#reader.floats('feature_value', from, to), options),
    };
  }

  close(): void {
    this.#reader.close();
  }

  #span(name: string, start: number, end: number) {
    const found = this.#reader.ints(name, start, end + 1);
    const from = found[0] ?? 0;
    const pointers = Float64Array.from(found, (at) => at - from);
    return { pointers, from, to: from + (pointers.at(-1) ?? 0) };
  }
}

/** Writes both orders piece by piece. */
export class ActivationFileWriter {
  readonly #writer: SafetensorsWriter;
  readonly #isWide: boolean;

  /**
   * @param counts activations of each feature
   * @throws AppError `too-large` for more activations than pointers can tell, or what the disk says
   */
  constructor(path: string, counts: ArrayLike<number>, tokens: number) {
    const latents = counts.length;
    const pointers = new BigInt64Array(latents + 1);
    let entries = 0;
    for (let feature = 0; feature < latents; feature++) {
      entries += counts[feature]!;
      pointers[feature + 1] = BigInt(entries);
    }
    if (entries > mostEntries)
      throw new AppError(
        'too-large',
        `${entries} activations are more than the ${mostEntries} that one file keeps. Use fewer sequences.`,
        { file: path, activations: entries },
      );
    this.#isWide = latents > wideLatents;
    const plans: TensorPlan[] = [
      { name: 'pointers', dtype: 'I64', shape: [latents + 1] },
      { name: 'token_pointers', dtype: 'I64', shape: [tokens + 1] },
      { name: 'token', dtype: 'I32', shape: [entries] },
      { name: 'value', dtype: 'F32', shape: [entries] },
      { name: 'feature', dtype: this.#isWide ? 'I32' : 'U16', shape: [entries] },
      { name: 'feature_value', dtype: 'F32', shape: [entries] },
    ];
    this.#writer = new SafetensorsWriter(path, plans, { tokens: String(tokens) });
    this.#writer.write('pointers', pointers);
  }

  /** Entries from number `at` on of the feature-major part. */
  features(at: number, token: Int32Array, value: Float32Array): void {
    this.#writer.write('token', token, at);
    this.#writer.write('value', value, at);
  }

  /** Rows from token `first` on; their entries begin at number `at` of the token-major part. */
  rows(first: number, at: number, rows: Omit<TokenRange, 'first'>): void {
    const { pointers, feature, value } = rows;
    this.#writer.write(
      'token_pointers',
      BigInt64Array.from(pointers, (offset) => BigInt(at + offset)),
      first,
    );
    this.#writer.write('feature', this.#isWide ? feature : Uint16Array.from(feature), at);
    this.#writer.write('feature_value', value, at);
  }

  /** Flushes to the disk. */
  close(): void {
    this.#writer.close();
  }
}

/** Bytes that a file takes, but for its header. */
export function activationFileBytes(latents: number, tokens: number, entries: number): number {
  return 8 * (latents + 1 + tokens + 1) + entries * (latents > wideLatents ? 16 : 14);
}

function placed<T extends Float64Array | Float32Array | Int32Array>(
  values: T,
  { shared }: RangeOptions,
): T {
  if (!shared) return values;
  const Kind = values.constructor as new (buffer: SharedArrayBuffer) => T;
  const copy = new Kind(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}
