import type { Engine, Tensor } from '../engine.ts';
import { RandomStream, streams } from '../random.ts';
import type { CommonParameter, DictionaryShape } from './architecture.ts';
import { orthonormalColumns } from './orthogonal.ts';

/**
 * Initial parameters of an affine encoder and decoder as e2e_sae draws them: encoder and biases uniform
 * in ±1/sqrt(fan in) (PyTorch's Linear default), decoder orthogonal (W_dec^T W_dec = I for n >= d),
 * all from counter-based streams of the seed.
 */
export function initialParameters(
  engine: Engine,
  { dIn, latents }: DictionaryShape,
  seed: number,
): Record<CommonParameter | 'encoderBias', Tensor> {
  const uniform = (stream: number, shape: number[], fanIn: number) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const values = new RandomStream(seed, stream).uniforms(size, 1 / Math.sqrt(fanIn));
    return engine.floats(values, shape);
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
