import { AppError } from '../../../shared/errors.ts';
import type { Engine, Tensor } from '../engine.ts';
import type { HookPoint } from '../model/hooks.ts';
import { codeSums, countActive, type Codes } from '../ops/codes.ts';
import { Tape, type Variable } from '../tape.ts';
import {
  mapParameters,
  type Architecture,
  type Buffers,
  type ByParameter,
  type DictionaryParameters,
  type LossTerm,
} from './architecture.ts';
import { comparedBy, measureTerm, type Objective } from './objective.ts';
import { needsSplicing, type OriginalPass, type SplicedPass } from './original-pass.ts';

/** Terms of the loss on one batch. */
export interface StepTerms {
  /** Σ coefficient × term. */
  readonly loss: number;
  /** Every term without its coefficient, by the name of its curve. */
  readonly terms: Readonly<Record<string, number>>;
  /** Mean number of active latents per token. */
  readonly l0: number;
}

/** A dictionary in training: what it is, where it lies and what it learns. */
export interface TrainedDictionary {
  readonly architecture: Architecture;
  readonly parameters: DictionaryParameters;
  /** None where not given. */
  readonly buffers?: Buffers;
  readonly objective: Objective;
  /** Where the dictionary reads, and is spliced in for an objective that looks beyond that. */
  readonly hook?: HookPoint | undefined;
  /** Where a transcoder is spliced in. */
  readonly target?: HookPoint | undefined;
  /** Stays as it is: only what others learn goes through it. */
  readonly frozen?: boolean | undefined;
}

/** What a dictionary is trained on at a time. */
export interface TrainingInput {
  /** Activations at the hook point [r, d]. */
  readonly x: Tensor;
  /** What the output is to be [r, d]; x itself where not given. */
  readonly target?: Tensor | undefined;
  /** The pass behind them, where the objective looks beyond the hook point. */
  readonly original?: OriginalPass;
}

/** What an observer sees of one dictionary on one batch, for the time of the call. */
export interface StepView {
  readonly input: TrainingInput;
  readonly codes: Codes;
  /** Sum of each latent's codes over the batch [n]: 0 for one that never fired. */
  readonly firing: Tensor;
  /** Number of codes that are not 0. */
  readonly active: number;
  /** The dictionary's output [r, d]. */
  readonly output: Tensor;
  /** The spliced model's pass, where the objective asks for one. */
  readonly spliced: SplicedPass | undefined;
}

export type Observer = (view: StepView) => void;

/**
 * Loss of one dictionary, spliced alone, on a batch, and its gradient with respect to every parameter,
 * which becomes the caller's.
 */
export function dictionaryGradients(
  engine: Engine,
  dictionary: TrainedDictionary,
  input: TrainingInput,
  observe: Observer = () => undefined,
): StepTerms & { readonly gradients: DictionaryParameters } {
  const tape = new Tape(engine);
  try {
    const variables = mapParameters(dictionary.parameters, (value) => tape.parameter(value));
    const x = tape.constant(input.x);
    const { architecture, buffers = {} } = dictionary;
    const activation = input.target ?? input.x;
    const target = input.target ? tape.constant(input.target) : x;
    const forward = architecture.forward(tape, variables, x, buffers, target);
    const spliced = spliceFor(tape, dictionary, input, forward.output);
    const terms: LossTerm[] = [
      ...dictionary.objective.map((term) =>
        measureTerm(tape, term, { x, target, activation, forward, spliced }),
      ),
      ...(forward.terms ?? []),
    ];
    const values = terms.map(({ rows, scale }) => engine.sum(rows.value) * scale);
    const byName = Object.fromEntries(terms.map(({ name }, index) => [name, values[index]!]));
    const coefficients = terms.map(({ coefficient, balancedBy }, index) =>
      balancedBy === undefined
        ? coefficient
        : (coefficient * byName[balancedBy]!) / (values[index]! + 1e-8),
    );
    const active = countActive(tape, forward.codes);
    const firing = codeSums(tape, forward.codes);
    const { codes, output } = forward;
    observe({ input, codes, firing, active, output: output.value, spliced });
    engine.dispose(firing);
    tape.backward(
      terms.map(({ rows, scale }, index) => ({
        variable: rows,
        weight: coefficients[index]! * scale,
      })),
    );
    return {
      loss: coefficients.reduce((sum, coefficient, index) => sum + coefficient * values[index]!, 0),
      terms: byName,
      l0: active / x.value.shape[0]!,
      gradients: takeGradients(tape, variables),
    };
  } finally {
    tape.dispose();
  }
}

function spliceFor(
  tape: Tape,
  { objective, hook, target }: TrainedDictionary,
  { original }: TrainingInput,
  output: Variable,
): SplicedPass | undefined {
  const compared = comparedBy(objective);
  if (!needsSplicing(compared)) return undefined;
  if (original && hook) return original.splice(tape, { hook, target, compared }, output);
  throw new AppError('internal', 'An objective beyond the hook point needs the pass of the model.');
}

/** The gradient of every parameter, 0 where nothing depends on it; the caller's. */
export function takeGradients(tape: Tape, variables: ByParameter<Variable>): DictionaryParameters {
  return mapParameters(
    variables,
    (variable) => tape.gradient(variable) ?? tape.engine.zeros(variable.value.shape),
  );
}
