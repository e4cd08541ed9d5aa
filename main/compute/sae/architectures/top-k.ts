import { decode, encodeSelected, type Selection } from '../../ops/codes.ts';
import type { Architecture } from '../architecture.ts';
import { Auxiliary, countIdle, idleBuffer, type AuxiliarySettings } from '../dead-latents.ts';
import { decoderConstraints, directions, type DecoderNorm } from '../decoder-norm.ts';
import { centre, firstParameters } from '../tied-parameters.ts';
import { biasedFile, biasedShapes, freezeParameters } from './biased-encoder.ts';

export interface TopKSettings {
  readonly k: number;
  readonly decoderNorm: DecoderNorm;
  readonly auxiliary: AuxiliarySettings;
  readonly transcoder: boolean;
}

/**
 * c = the k largest of (x - b_dec) W_enc^T + b_enc, those of them above 0; y = c D + b_dec (Gao et al.
 * 2024, arXiv 2406.04093), with the auxiliary loss for dead latents. As a transcoder it takes x as it is.
 */
export function topKArchitecture(settings: TopKSettings): Architecture<'encoderBias'> {
  const { k, decoderNorm, auxiliary, transcoder } = settings;
  return {
    name: 'topk',
    codesAtPeak: 3,
    settings: { k: `${k}` },
    parameters: biasedShapes,
    initialise: (engine, shape, seed) => ({
      ...firstParameters(engine, shape, seed, transcoder),
      encoderBias: engine.zeros([shape.latents]),
    }),
    buffers: ({ latents }) => idleBuffer(latents),
    forward(tape, { encoder, encoderBias, decoder, decoderBias }, x, buffers, target) {
      const { engine } = tape;
      const revival = new Auxiliary(auxiliary, buffers['idle']!, x.value.shape[1]!);
      const centred = centre(tape, x, decoderBias, transcoder);
      const [codes, dead] = encodeSelected(tape, centred, encoder, encoderBias, [
        (pre) => engine.largestOfRows(pre, k),
        ...revival.selections(engine),
      ]);
      const unit = directions(tape, decoder, decoderNorm);
      const output = decode(tape, codes!, unit, decoderBias);
      const pass = { target: target.value, output: output.value, decoder: unit };
      return { codes: codes!, output, terms: [revival.term(tape, dead, pass)] };
    },
    remember: countIdle,
    ...decoderConstraints(decoderNorm),
    freeze: (engine, parameters) => freezeParameters(engine, parameters),
    encode(tape, { encoder, encoderBias, decoderBias }, x) {
      const centred = centre(tape, x, decoderBias, transcoder);
      const select: Selection = (pre) => tape.engine.largestOfRows(pre, k);
      return encodeSelected(tape, centred, encoder, encoderBias, [select])[0]!;
    },
    file: biasedFile,
  };
}
