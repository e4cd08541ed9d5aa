import type { Engine, Tensor } from '../engine.ts';
import { RandomStream, streams } from '../random.ts';
import type { CommonParameter, DictionaryShape } from './architecture.ts';

/**
 * Initial parameters of the architectures after e2e_sae's: decoder rows random directions of unit
 * length, the encoder equal to the decoder (Gao et al. 2024), the bias 0.
 */
export function tiedParameters(
  engine: Engine,
  { dIn, latents }: DictionaryShape,
  seed: number,
): Record<CommonParameter, Tensor> {
  const normals = new RandomStream(seed, streams.decoderWeight).normals(latents * dIn);
  const random = engine.floats(normals, [latents, dIn]);
  const { y, norms } = engine.normaliseRows(random);
  engine.dispose(random, norms);
  return { encoder: engine.clone(y), decoder: y, decoderBias: engine.zeros([dIn]) };
}
