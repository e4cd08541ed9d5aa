import { decode } from '../../ops/codes.ts';
import { squaredError } from '../../ops/dense.ts';
import { encodeGated } from '../../ops/gated.ts';
import type { Tape, Variable } from '../../tape.ts';
import type {
  Architecture,
  ByParameter,
  DictionaryShape,
  LossTerm,
  ParameterShape,
} from '../architecture.ts';
import { decoderConstraints, directions, type DecoderNorm } from '../decoder-norm.ts';
import { centre, firstParameters } from '../tied-parameters.ts';
import { freezeParameters } from './biased-encoder.ts';

type GatedName = 'gateBias' | 'magnitudeScale' | 'magnitudeBias';

export interface GatedSettings {
  readonly decoderNorm: DecoderNorm;
  /** Of the gate's own reconstruction. */
  readonly auxiliaryCoefficient: number;
  readonly transcoder: boolean;
}

/**
 * Gated dictionary (Rajamanoharan et al. 2024, arXiv 2404.16014; ops/gated.ts): the gate decides which
 * latents fire, a scaled copy of the same encoder how much. The sparsity is the p-norm of the gate's
 * relu, and to the loss comes the mean squared error of the target against what the gate alone, through the
 * decoder as a constant, reconstructs.
 */
export function gatedArchitecture(settings: GatedSettings): Architecture<GatedName> {
  const { decoderNorm, auxiliaryCoefficient, transcoder } = settings;
  return {
    name: 'gated',
    codesAtPeak: 10,
    parameters: gatedShapes,
    initialise(engine, shape, seed) {
      const zeros = () => engine.zeros([shape.latents]);
      return {
        ...firstParameters(engine, shape, seed, transcoder),
        gateBias: zeros(),
        magnitudeScale: zeros(),
        magnitudeBias: zeros(),
      };
    },
    forward(tape, variables, x, _buffers, target) {
      const { decoder, decoderBias } = variables;
      const { gate, codes } = encode(tape, variables, x, transcoder);
      const unit = directions(tape, decoder, decoderNorm);
      const output = decode(tape, codes, unit, decoderBias);
      const [fixed, bias] = [tape.constant(unit.value), tape.constant(decoderBias.value)];
      const auxiliary: LossTerm = {
        name: 'gateReconstruction',
        coefficient: auxiliaryCoefficient,
        rows: squaredError(tape, target, decode(tape, gate, fixed, bias)),
        scale: 1 / x.value.size,
      };
      return { codes, output, penalised: gate, terms: [auxiliary] };
    },
    ...decoderConstraints(decoderNorm),
    freeze: (engine, parameters) => freezeParameters(engine, parameters),
    encode: (tape, frozen, x) => encode(tape, frozen, x, transcoder).codes,
    file: [
      { parameter: 'encoder', tensor: 'W_enc', transposed: true },
      { parameter: 'gateBias', tensor: 'b_gate', transposed: false },
      { parameter: 'magnitudeScale', tensor: 'r_mag', transposed: false },
      { parameter: 'magnitudeBias', tensor: 'b_mag', transposed: false },
      { parameter: 'decoder', tensor: 'W_dec', transposed: false },
      { parameter: 'decoderBias', tensor: 'b_dec', transposed: false },
    ],
  };
}

function encode(
  tape: Tape,
  variables: ByParameter<Variable, GatedName>,
  x: Variable,
  transcoder: boolean,
) {
  const { encoder, gateBias, magnitudeScale, magnitudeBias, decoderBias } = variables;
  return encodeGated(tape, {
    x: centre(tape, x, decoderBias, transcoder),
    weight: encoder,
    gateBias,
    logScale: magnitudeScale,
    magnitudeBias,
  });
}

function gatedShapes({ dIn, latents }: DictionaryShape): readonly ParameterShape<GatedName>[] {
  return [
    { name: 'encoder', shape: [latents, dIn] },
    { name: 'gateBias', shape: [latents] },
    { name: 'magnitudeScale', shape: [latents] },
    { name: 'magnitudeBias', shape: [latents] },
    { name: 'decoder', shape: [latents, dIn] },
    { name: 'decoderBias', shape: [dIn] },
  ];
}
