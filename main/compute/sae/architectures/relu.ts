import { decode, encodeRelu } from '../../ops/codes.ts';
import type { Architecture } from '../architecture.ts';
import { countIdle, idleBuffer } from '../dead-latents.ts';
import { decoderConstraints, directions, type DecoderNorm } from '../decoder-norm.ts';
import { initialParameters } from '../initial-parameters.ts';

/**
 * c = relu(x W_enc^T + b_enc), y = c D + b_dec, D the rows of W_dec at unit length (e2e_sae, whose
 * layout is the transpose of W_dec). The encoder sees x as it is.
 * @param countsIdle whether it counts for how long latents are idle, as resampling needs
 */
export function reluArchitecture(
  decoderNorm: DecoderNorm,
  countsIdle = false,
): Architecture<'encoderBias'> {
  return {
    name: 'relu',
    codesAtPeak: 3,
    parameters: ({ dIn, latents }) => [
      { name: 'encoder', shape: [latents, dIn] },
      { name: 'encoderBias', shape: [latents] },
      { name: 'decoder', shape: [latents, dIn] },
      { name: 'decoderBias', shape: [dIn] },
    ],
    initialise(engine, shape, seed) {
      const parameters = initialParameters(engine, shape, seed);
      decoderConstraints(decoderNorm).constrainParameters?.(engine, parameters);
      return parameters;
    },
    ...(countsIdle && {
      buffers: ({ latents }) => idleBuffer(latents),
      remember: countIdle,
    }),
    forward(tape, { encoder, encoderBias, decoder, decoderBias }, x) {
      const codes = encodeRelu(tape, x, encoder, encoderBias);
      const output = decode(tape, codes, directions(tape, decoder, decoderNorm), decoderBias);
      return { codes, output };
    },
    ...decoderConstraints(decoderNorm),
    freeze(engine, { encoder, encoderBias, decoder, decoderBias }) {
      const { y, norms } = engine.normaliseRows(decoder);
      engine.dispose(norms);
      return {
        encoder: engine.clone(encoder),
        encoderBias: engine.clone(encoderBias),
        decoder: y,
        decoderBias: engine.clone(decoderBias),
      };
    },
    encode: (tape, { encoder, encoderBias }, x) => encodeRelu(tape, x, encoder, encoderBias),
    file: [
      { parameter: 'encoder', tensor: 'W_enc', transposed: true },
      { parameter: 'encoderBias', tensor: 'b_enc', transposed: false },
      { parameter: 'decoder', tensor: 'W_dec', transposed: false },
      { parameter: 'decoderBias', tensor: 'b_dec', transposed: false },
    ],
  };
}
