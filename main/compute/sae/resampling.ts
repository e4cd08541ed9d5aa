import type { Engine, Tensor } from '../engine.ts';
import { RandomStream, streams } from '../random.ts';
import type { Buffers, DictionaryParameters } from './architecture.ts';
import type { AdamState } from './optimiser.ts';

/** When dead latents are given new directions. */
export interface Resampling {
  /** Optimiser steps between two times. */
  readonly every: number;
  /** Tokens without firing after which a latent counts as dead. */
  readonly deadAfter: number;
}

/** What a dictionary did with tokens, on the host. */
export interface ResamplingBatch {
  /** [r, d] */
  readonly x: ArrayLike<number>;
  /** What the output was to be: x itself but for a transcoder. */
  readonly target: ArrayLike<number>;
  readonly output: ArrayLike<number>;
}

interface ResampledDictionary {
  readonly seed: number;
  readonly parameters: DictionaryParameters;
  readonly adam: AdamState;
  readonly buffers: Buffers;
}

/** Norm of a new encoder row, as a share of the mean norm of those of living latents. */
const encoderShare = 0.2;

/**
 * Resampling of Bricken et al. 2023: each dead latent gets the direction of a token, drawn with a
 * probability that goes with the square of its loss; the encoder row is that direction (for a transcoder
 * the decoder row is that of its target) at 0.2 times the
 * mean norm of the rows of living latents (1 where none lives), the encoder bias 0, and their moments
 * begin anew. Draws follow from seed and step alone.
 * @returns the number of dead latents
 */
export function resampleDead(
  engine: Engine,
  { seed, parameters, adam, buffers }: ResampledDictionary,
  { x, target, output }: ResamplingBatch,
  { deadAfter, step }: { readonly deadAfter: number; readonly step: number },
): number {
  const idle = buffers['idle']!;
  const dead = Array.from(idle.keys()).filter((j) => idle[j]! >= deadAfter);
  if (dead.length === 0) return 0;
  const width = parameters.decoderBias.size;
  const draw = tokenDraw(target, output, width, new RandomStream(seed, streams.resampling, step));
  const length = encoderShare * livingNorm(engine.read(parameters.encoder), width, new Set(dead));
  const tokens = dead.map(draw);
  const directions = tokens.map((token) => unitRow(x, token, width));
  changeRows(engine, parameters.decoder, dead, (i) => unitRow(target, tokens[i]!, width));
  changeRows(engine, parameters.encoder, dead, (i) =>
    directions[i]!.map((value) => length * value),
  );
  changeRows(engine, parameters['encoderBias']!, dead, () => [0]);
  for (const moment of [adam.first, adam.second])
    for (const name of ['encoder', 'decoder', 'encoderBias']) {
      const zeros = new Float64Array(name === 'encoderBias' ? 1 : width);
      changeRows(engine, moment[name]!, dead, () => zeros);
    }
  for (const j of dead) idle[j] = 0;
  return dead.length;
}

/** Draws tokens with a probability that goes with their squared loss; evenly where there is none. */
function tokenDraw(
  x: ArrayLike<number>,
  output: ArrayLike<number>,
  width: number,
  random: RandomStream,
): () => number {
  const tokens = x.length / width;
  const upTo = new Float64Array(tokens);
  let sum = 0;
  for (let token = 0; token < tokens; token++) {
    let loss = 0;
    for (let at = token * width; at < (token + 1) * width; at++)
      loss += (x[at]! - output[at]!) ** 2;
    sum += loss ** 2;
    upTo[token] = sum;
  }
  if (sum === 0) return () => random.below(tokens);
  return () => {
    const target = random.uniform() * sum;
    const token = upTo.findIndex((weight) => weight >= target);
    return token < 0 ? tokens - 1 : token;
  };
}

function unitRow(x: ArrayLike<number>, row: number, width: number): Float64Array {
  const values = Float64Array.from({ length: width }, (_, j) => x[row * width + j]!);
  const norm = Math.hypot(...values);
  return values.map((value) => value / Math.max(norm, 1e-12));
}

function livingNorm(encoder: ArrayLike<number>, width: number, dead: ReadonlySet<number>): number {
  let [sum, living] = [0, 0];
  for (let j = 0; j * width < encoder.length; j++) {
    if (dead.has(j)) continue;
    let squares = 0;
    for (let at = j * width; at < (j + 1) * width; at++) squares += encoder[at]! ** 2;
    sum += Math.sqrt(squares);
    living++;
  }
  return living === 0 ? 1 : sum / living;
}

/** Writes rows of a tensor [n, d] or [n]. */
function changeRows(
  engine: Engine,
  tensor: Tensor,
  rows: readonly number[],
  row: (index: number) => ArrayLike<number>,
): void {
  const values = engine.read(tensor);
  const width = tensor.shape[1] ?? 1;
  rows.forEach((at, index) => values.set(row(index), at * width));
  const changed = engine.floats(values, tensor.shape);
  engine.copyInto(tensor, changed);
  engine.dispose(changed);
}
