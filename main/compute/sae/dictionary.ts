import type { Engine, Tensor } from '../engine.ts';
import { RandomStream, streams } from '../random.ts';
import { orthonormalColumns } from './orthogonal.ts';

/**
 * Parameters of a sparse autoencoder, latents along rows, so that all that concerns one latent lies
 * together: c = relu(x W_enc^T + b_enc), y = c normalise(W_dec) + b_dec, where each row of W_dec is
 * divided by its norm in the graph (e2e_sae; its own layout is the transpose of W_dec).
 */
export interface DictionaryParameters {
  /** W_enc [n, d] */
  readonly encoder: Tensor;
  /** b_enc [n] */
  readonly encoderBias: Tensor;
  /** W_dec [n, d], before normalisation */
  readonly decoder: Tensor;
  /** b_dec [d] */
  readonly decoderBias: Tensor;
}

export const parameterNames = ['encoder', 'encoderBias', 'decoder', 'decoderBias'] as const;
export type ParameterName = (typeof parameterNames)[number];

export interface DictionaryShape {
  /** Width d of the hook point. */
  readonly dIn: number;
  /** Number n of latents. */
  readonly latents: number;
}

/** Shape of each parameter. */
export function parameterShape(name: ParameterName, { dIn, latents }: DictionaryShape): number[] {
  if (name === 'encoderBias') return [latents];
  if (name === 'decoderBias') return [dIn];
  return [latents, dIn];
}

/** Number of parameters of a dictionary. */
export function parameterCount({ dIn, latents }: DictionaryShape): number {
  return 2 * latents * dIn + latents + dIn;
}

/**
 * Random initial parameters, as e2e_sae's: encoder and biases uniform in ±1/sqrt(fan in) (PyTorch's
 * Linear default), decoder orthogonal (W_dec^T W_dec = I for n >= d), all from counter-based streams
 * of the seed.
 */
export function initialParameters(
  engine: Engine,
  shape: DictionaryShape,
  seed: number,
): DictionaryParameters {
  const { dIn, latents } = shape;
  const uniform = (stream: number, tensorShape: number[], fanIn: number) => {
    const size = tensorShape.reduce((product, length) => product * length, 1);
    const values = new RandomStream(seed, stream).uniforms(size, 1 / Math.sqrt(fanIn));
    return engine.floats(values, tensorShape);
  };
  return {
    encoder: uniform(streams.encoderWeight, [latents, dIn], dIn),
    encoderBias: uniform(streams.encoderBias, [latents], dIn),
    decoder: orthonormalColumns(
      engine,
      new RandomStream(seed, streams.decoderWeight).normals(latents * dIn),
      latents,
      dIn,
    ),
    decoderBias: uniform(streams.decoderBias, [dIn], latents),
  };
}
