import { decode, encodeSelected, type Selection } from '../../ops/codes.ts';
import { exponential } from '../../ops/dense.ts';
import { encodeJumpRelu } from '../../ops/jump-relu.ts';
import type { Engine, Tensor } from '../../engine.ts';
import type { Architecture } from '../architecture.ts';
import { decoderConstraints, directions, type DecoderNorm } from '../decoder-norm.ts';
import { firstParameters } from '../tied-parameters.ts';
import { biasedFile, biasedShapes, freezeParameters } from './biased-encoder.ts';

export interface JumpReluSettings {
  readonly decoderNorm: DecoderNorm;
  /** Width of the kernel of the straight-through estimator. */
  readonly bandwidth: number;
  /** Threshold of every latent at the start. */
  readonly threshold: number;
  readonly transcoder: boolean;
}

/**
 * c = z where z = x W_enc^T + b_enc exceeds its latent's threshold t, else 0; y = c D + b_dec. The
 * sparsity is the number of active latents, which teaches the thresholds through the straight-through
 * estimator of ops/jump-relu.ts; log t is what is trained, so that t stays above 0.
 */
export function jumpReluArchitecture({
  decoderNorm,
  bandwidth,
  threshold: start,
  transcoder,
}: JumpReluSettings): Architecture<'encoderBias' | 'logThreshold', 'encoderBias' | 'threshold'> {
  return {
    name: 'jumprelu',
    codesAtPeak: 7,
    parameters: (shape) => [
      ...biasedShapes(shape),
      { name: 'logThreshold', shape: [shape.latents] },
    ],
    initialise: (engine, shape, seed) => ({
      ...firstParameters(engine, shape, seed, transcoder),
      encoderBias: engine.zeros([shape.latents]),
      logThreshold: engine.floats(new Float64Array(shape.latents).fill(Math.log(start)), [
        shape.latents,
      ]),
    }),
    forward(tape, { encoder, encoderBias, decoder, decoderBias, logThreshold }, x) {
      const threshold = exponential(tape, logThreshold);
      const encoded = { x, weight: encoder, bias: encoderBias, threshold, bandwidth };
      const { codes, counts } = encodeJumpRelu(tape, encoded);
      const output = decode(tape, codes, directions(tape, decoder, decoderNorm), decoderBias);
      return { codes, output, sparsity: counts };
    },
    ...decoderConstraints(decoderNorm),
    freeze(engine, { logThreshold, ...parameters }) {
      return {
        ...freezeParameters(engine, parameters),
        threshold: mapped(engine, logThreshold, Math.exp),
      };
    },
    frozenParameters: (shape) => [
      ...biasedShapes(shape),
      { name: 'threshold', shape: [shape.latents] },
    ],
    thaw(engine, { threshold, ...frozen }) {
      return {
        ...freezeParameters(engine, frozen),
        logThreshold: mapped(engine, threshold, Math.log),
      };
    },
    encode(tape, { encoder, encoderBias, threshold }, x) {
      const select: Selection = (pre) => tape.engine.sparsifyAbove(pre, threshold.value)!;
      return encodeSelected(tape, x, encoder, encoderBias, [select])[0]!;
    },
    file: [...biasedFile, { parameter: 'threshold', tensor: 'threshold', transposed: false }],
  };
}

function mapped(engine: Engine, x: Tensor, f: (value: number) => number): Tensor {
  return engine.floats(Float64Array.from(engine.read(x), f), x.shape);
}
