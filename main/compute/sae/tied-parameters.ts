import type { Engine, Tensor } from '../engine.ts';
import { subtractRow } from '../ops/dense.ts';
import { RandomStream, streams } from '../random.ts';
import type { Tape, Variable } from '../tape.ts';
import type { CommonParameter, DictionaryShape } from './architecture.ts';

/** What the architectures after e2e_sae's do alike, as autoencoders and as transcoders. */

/**
 * Initial parameters: decoder rows random directions of unit length, the encoder equal to the decoder
 * (Gao et al. 2024), the bias 0. What a transcoder reads and writes lies in different spaces, so its
 * encoder has directions of its own.
 */
export function firstParameters(
  engine: Engine,
  { dIn, latents }: DictionaryShape,
  seed: number,
  transcoder: boolean,
): Record<CommonParameter, Tensor> {
  const directions = (stream: number) => {
    const normals = new RandomStream(seed, stream).normals(latents * dIn);
    const random = engine.floats(normals, [latents, dIn]);
    const { y, norms } = engine.normaliseRows(random);
    engine.dispose(random, norms);
    return y;
  };
  const decoder = directions(streams.decoderWeight);
  return {
    encoder: transcoder ? directions(streams.encoderWeight) : engine.clone(decoder),
    decoder,
    decoderBias: engine.zeros([dIn]),
  };
}

/** x - b_dec, what is encoded; x as it is for a transcoder, whose b_dec is in the output's space. */
export function centre(
  tape: Tape,
  x: Variable,
  decoderBias: Variable,
  transcoder: boolean,
): Variable {
  return transcoder ? x : subtractRow(tape, x, decoderBias);
}
