import { decode, encodeSelected, type Selection } from '../../ops/codes.ts';
import { subtractRow } from '../../ops/dense.ts';
import type { Architecture } from '../architecture.ts';
import { Auxiliary, countIdle, idleBuffer, type AuxiliarySettings } from '../dead-latents.ts';
import { decoderConstraints, directions, type DecoderNorm } from '../decoder-norm.ts';
import { tiedParameters } from '../tied-parameters.ts';
import { biasedFile, biasedShapes, freezeParameters } from './biased-encoder.ts';

export interface TopKSettings {
  readonly k: number;
  readonly decoderNorm: DecoderNorm;
  readonly auxiliary: AuxiliarySettings;
}

/**
 * c = the k largest of (x - b_dec) W_enc^T + b_enc, those of them above 0; y = c D + b_dec (Gao et al.
 * 2024, arXiv 2406.04093), with the auxiliary loss for dead latents.
 */
export function topKArchitecture(settings: TopKSettings): Architecture<'encoderBias'> {
  const { k, decoderNorm, auxiliary } = settings;
  return {
    name: 'topk',
    codesAtPeak: 3,
    settings: { k: `${k}` },
    parameters: biasedShapes,
    initialise: (engine, shape, seed) => ({
      ...tiedParameters(engine, shape, seed),
      encoderBias: engine.zeros([shape.latents]),
    }),
    buffers: ({ latents }) => idleBuffer(latents),
    forward(tape, { encoder, encoderBias, decoder, decoderBias }, x, buffers) {
      const { engine } = tape;
      const revival = new Auxiliary(auxiliary, buffers['idle']!, x.value.shape[1]!);
      const centred = subtractRow(tape, x, decoderBias);
      const [codes, dead] = encodeSelected(tape, centred, encoder, encoderBias, [
        (pre) => engine.largestOfRows(pre, k),
        ...revival.selections(engine),
      ]);
      const unit = directions(tape, decoder, decoderNorm);
      const output = decode(tape, codes!, unit, decoderBias);
      const pass = { x: x.value, output: output.value, decoder: unit };
      return { codes: codes!, output, terms: [revival.term(tape, dead, pass)] };
    },
    remember: countIdle,
    ...decoderConstraints(decoderNorm),
    freeze: (engine, parameters) => freezeParameters(engine, parameters),
    encode(tape, { encoder, encoderBias, decoderBias }, x) {
      const centred = subtractRow(tape, x, decoderBias);
      const select: Selection = (pre) => tape.engine.largestOfRows(pre, k);
      return encodeSelected(tape, centred, encoder, encoderBias, [select])[0]!;
    },
    file: biasedFile,
  };
}
