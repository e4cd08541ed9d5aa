import { AppError } from '../../../shared/errors.ts';
import type { FeatureMajor } from '../features/activation-store.ts';

/**
 * Token-major activations: entries of token t are those at pointers[2 t] up to pointers[2 t + 1]. Rows
 * begin at whole lines of the cache, so that there are gaps: a walk that leaps from row to row waits for
 * lines, and for nothing else.
 */
export interface TokenMajor {
  readonly latents: number;
  readonly tokens: number;
  /** [tokens, 2] */
  readonly pointers: Uint32Array;
  /** Feature of each entry, in few bytes: a walk over tokens is as fast as its rows are short. */
  readonly feature: Uint16Array | Int32Array;
  readonly value: Float32Array;
}

/** Count, sum and sum of squares of the activations of each feature, over all tokens. */
export interface ActivationMoments {
  readonly tokens: number;
  readonly count: Float64Array;
  readonly sum: Float64Array;
  readonly sumSquares: Float64Array;
}

/** @param withSums false leaves the sums at 0, which saves reading the values */
export function momentsOf(
  { latents, tokens, pointers, value }: FeatureMajor,
  withSums = true,
): ActivationMoments {
  const count = new Float64Array(latents);
  const sum = new Float64Array(latents);
  const sumSquares = new Float64Array(latents);
  for (let feature = 0; feature < latents; feature++) {
    count[feature] = pointers[feature + 1]! - pointers[feature]!;
    if (!withSums) continue;
    for (let at = pointers[feature]!; at < pointers[feature + 1]!; at++) {
      sum[feature]! += value[at]!;
      sumSquares[feature]! += value[at]! * value[at]!;
    }
  }
  return { tokens, count, sum, sumSquares };
}

/** Room for numbers that all threads see. */
export type Room = (bytes: number) => {
  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
};

export interface TokenMajorOptions {
  /** Features in the order in which they are to be numbered; as they are by default. */
  readonly order?: Int32Array;
  /** Where the numbers are to lie; each array in a buffer of its own by default. */
  readonly room?: Room;
  /** False leaves `value` empty. */
  readonly withValues?: boolean;
}

/** Tokens turned at a time: their entries stay in the cache while all features are walked. */
const blockTokens = 4096;
const lineBytes = 64;

/** Entries that there is to be room for, gaps included, and their bytes and those of the pointers. */
export function tokenMajorSize({ latents, tokens, token }: FeatureMajor): {
  readonly entries: number;
  readonly featureBytes: number;
  readonly pointerBytes: number;
} {
  const featureBytes = latents <= 1 << 16 ? 2 : 4;
  const entries = token.length + (lineBytes / featureBytes - 1) * tokens;
  return { entries, featureBytes, pointerBytes: 8 * tokens };
}

/**
 * The same activations by token, in memory that all threads see.
 * Throws AppError `too-large` for 2^32 entries and more.
 */
export function tokenMajor(
  activations: FeatureMajor,
  { order, room = ownRoom, withValues = true }: TokenMajorOptions = {},
): TokenMajor {
  const { latents, tokens, pointers, token, value } = activations;
  const { entries, featureBytes, pointerBytes } = tokenMajorSize(activations);
  if (entries >= 2 ** 32)
    throw new AppError(
      'too-large',
      `${token.length} activations are more than can be turned by token at once. Use fewer tokens.`,
      { activations: token.length },
    );
  const take = (bytes: number) => {
    const { buffer, byteOffset } = room(bytes);
    return [buffer, byteOffset] as const;
  };
  const rows = new Uint32Array(...take(pointerBytes), 2 * tokens);
  const feature =
    featureBytes === 2
      ? new Uint16Array(...take(2 * entries), entries)
      : new Int32Array(...take(4 * entries), entries);
  const stored = withValues ? entries : 0;
  const values = new Float32Array(...take(4 * stored), stored);
  const line = lineBytes / featureBytes;
  const next = new Uint32Array(blockTokens);
  const from = pointers.slice(0, latents);
  const to = new Float64Array(latents);
  let written = 0;
  for (let start = 0; start < tokens; start += blockTokens) {
    const end = Math.min(tokens, start + blockTokens);
    next.fill(0);
    for (let latent = 0; latent < latents; latent++) {
      const stop = pointers[latent + 1]!;
      let at = from[latent]!;
      for (; at < stop && token[at]! < end; at++) next[token[at]! - start]!++;
      to[latent] = at;
    }
    for (let at = start; at < end; at++) {
      const count = next[at - start]!;
      next[at - start] = written;
      rows[2 * at] = written;
      rows[2 * at + 1] = written + count;
      written += Math.ceil(count / line) * line;
    }
    for (let number = 0; number < latents; number++) {
      const latent = order ? order[number]! : number;
      const stop = to[latent]!;
      for (let at = from[latent]!; at < stop; at++) {
        const place = next[token[at]! - start]!++;
        feature[place] = number;
        if (withValues) values[place] = value[at]!;
      }
      from[latent] = stop;
    }
  }
  return { latents, tokens, pointers: rows, feature, value: values };
}

function ownRoom(bytes: number): ReturnType<Room> {
  return { buffer: new SharedArrayBuffer(bytes), byteOffset: 0 };
}
