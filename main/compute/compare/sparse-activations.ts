import { AppError } from '../../../shared/errors.ts';
import type { FeatureMajor } from '../features/activation-store.ts';

/** Token-major activations: entries of token t are those at pointers[t] up to pointers[t + 1]. */
export interface TokenMajor {
  readonly latents: number;
  readonly tokens: number;
  /** [tokens + 1] */
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

export function momentsOf({ latents, tokens, pointers, value }: FeatureMajor): ActivationMoments {
  const count = new Float64Array(latents);
  const sum = new Float64Array(latents);
  const sumSquares = new Float64Array(latents);
  for (let feature = 0; feature < latents; feature++) {
    count[feature] = pointers[feature + 1]! - pointers[feature]!;
    for (let at = pointers[feature]!; at < pointers[feature + 1]!; at++) {
      sum[feature]! += value[at]!;
      sumSquares[feature]! += value[at]! * value[at]!;
    }
  }
  return { tokens, count, sum, sumSquares };
}

/**
 * The same activations by token, in memory that all threads see.
 * @param order features in the order in which they are to be numbered; as they are by default
 * Throws AppError `too-large` for 2^32 activations and more.
 */
export function tokenMajor(activations: FeatureMajor, order?: Int32Array): TokenMajor {
  const { latents, tokens, pointers, token, value } = activations;
  if (token.length >= 2 ** 32)
    throw new AppError(
      'too-large',
      `${token.length} activations are more than can be turned by token at once. Use fewer tokens.`,
      { activations: token.length },
    );
  const starts = new Uint32Array(new SharedArrayBuffer(4 * (tokens + 1)));
  for (const at of token) starts[at + 1]!++;
  for (let at = 0; at < tokens; at++) starts[at + 1]! += starts[at]!;
  const feature =
    latents <= 1 << 16
      ? new Uint16Array(new SharedArrayBuffer(2 * token.length))
      : new Int32Array(new SharedArrayBuffer(4 * token.length));
  const values = new Float32Array(new SharedArrayBuffer(4 * token.length));
  const next = starts.slice(0, tokens);
  for (let number = 0; number < latents; number++) {
    const latent = order ? order[number]! : number;
    for (let at = pointers[latent]!; at < pointers[latent + 1]!; at++) {
      const to = next[token[at]!]!++;
      feature[to] = number;
      values[to] = value[at]!;
    }
  }
  return { latents, tokens, pointers: starts, feature, value: values };
}
