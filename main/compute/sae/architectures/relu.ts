import { decode, encodeRelu } from '../../ops/codes.ts';
import type { Architecture } from '../architecture.ts';
import { countIdle, idleBuffer } from '../dead-latents.ts';
import { decoderConstraints, directions, type DecoderNorm } from '../decoder-norm.ts';
import { initialParameters } from '../initial-parameters.ts';
import { biasedFile, biasedShapes, freezeParameters } from './biased-encoder.ts';

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
    parameters: biasedShapes,
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
    freeze: (engine, parameters) => freezeParameters(engine, parameters),
    encode: (tape, { encoder, encoderBias }, x) => encodeRelu(tape, x, encoder, encoderBias),
    file: biasedFile,
  };
}
