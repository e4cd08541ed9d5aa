import type { Engine, Tensor } from '../engine.ts';
import { codeNorms, codeSums, countActive, decode, encodeRelu } from '../ops/codes.ts';
import { normaliseRows, squaredError } from '../ops/dense.ts';
import { Tape, type Variable } from '../tape.ts';
import { parameterNames, type DictionaryParameters, type ParameterName } from './dictionary.ts';

/** Coefficients of the local loss of e2e_sae (facts 1.3): reconstruct the input, sparsely. */
export interface LocalObjective {
  /** Coefficient of (1/d) mean over tokens of ||c||_p. */
  readonly sparsity: number;
  readonly p: number;
  /** Coefficient of the mean squared (input - output) over tokens and dimensions. */
  readonly outToIn: number;
}

/** Terms without their coefficients, and the weighted total. */
export interface LocalTerms {
  readonly loss: number;
  readonly sparsity: number;
  readonly outToIn: number;
  /** Mean number of active latents per token. */
  readonly l0: number;
}

export interface LocalGradients {
  readonly terms: LocalTerms;
  readonly gradients: Readonly<Record<ParameterName, Tensor>>;
  /** Sum of each latent's codes over the batch [n]: 0 for one that never fired. The caller's. */
  readonly firing: Tensor;
}

/**
 * Loss of one dictionary on a batch of activations x [r, d] and its gradient with respect to every
 * parameter; the caller frees both. The decoder is normalised in the graph, so its gradient is
 * tangent to each row.
 */
export function localGradients(
  engine: Engine,
  parameters: DictionaryParameters,
  x: Tensor,
  objective: LocalObjective,
): LocalGradients {
  const tape = new Tape(engine);
  try {
    const variables = asVariables(tape, parameters);
    const input = tape.constant(x);
    const codes = encodeRelu(tape, input, variables.encoder, variables.encoderBias);
    const directions = normaliseRows(tape, variables.decoder);
    const output = decode(tape, codes, directions, variables.decoderBias);
    const norms = codeNorms(tape, codes, objective.p);
    const errors = squaredError(tape, input, output);

    const [rows, dIn] = x.shape as [number, number];
    const scale = 1 / (rows * dIn);
    const sparsity = engine.sum(norms.value) * scale;
    const outToIn = engine.sum(errors.value) * scale;
    const l0 = countActive(tape, codes) / rows;
    const firing = codeSums(tape, codes);
    tape.backward([
      { variable: errors, weight: objective.outToIn * scale },
      { variable: norms, weight: objective.sparsity * scale },
    ]);
    return {
      terms: {
        loss: objective.sparsity * sparsity + objective.outToIn * outToIn,
        sparsity,
        outToIn,
        l0,
      },
      gradients: takeGradients(tape, variables),
      firing,
    };
  } finally {
    tape.dispose();
  }
}

function asVariables(
  tape: Tape,
  parameters: DictionaryParameters,
): Record<ParameterName, Variable> {
  return {
    encoder: tape.parameter(parameters.encoder),
    encoderBias: tape.parameter(parameters.encoderBias),
    decoder: tape.parameter(parameters.decoder),
    decoderBias: tape.parameter(parameters.decoderBias),
  };
}

function takeGradients(
  tape: Tape,
  variables: Record<ParameterName, Variable>,
): Record<ParameterName, Tensor> {
  const entries = parameterNames.map((name) => {
    const variable = variables[name];
    return [name, tape.gradient(variable) ?? tape.engine.zeros(variable.value.shape)] as const;
  });
  return Object.fromEntries(entries) as Record<ParameterName, Tensor>;
}
