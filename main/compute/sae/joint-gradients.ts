import { AppError } from '../../../shared/errors.ts';
import type { Engine } from '../engine.ts';
import { codeSums, countActive } from '../ops/codes.ts';
import { Tape, type Variable } from '../tape.ts';
import {
  mapParameters,
  type ByParameter,
  type DictionaryParameters,
  type Forward,
  type LossTerm,
} from './architecture.ts';
import {
  takeGradients,
  type StepTerms,
  type StepView,
  type TrainedDictionary,
  type TrainingInput,
} from './dictionary-gradients.ts';
import { comparedBy, measureTerm, type ObjectiveTerm } from './objective.ts';
import { needsSplicing, type SplicedPass } from './original-pass.ts';

/** What one dictionary of a pass that several share made of it. */
export interface JointStep extends StepTerms {
  /** None for a frozen dictionary. */
  readonly gradients: DictionaryParameters | undefined;
}

/** Sees each dictionary of a pass, by its position, for the time of the call. */
export type JointObserver = (position: number, view: StepView) => void;

/** A dictionary in the pass: what it reads, what it is to give, and what it gives. */
interface Placed {
  readonly x: Variable;
  readonly target: Variable;
  readonly forward: Forward;
}

interface Measured {
  /** Position of the dictionary that a term is of; undefined for one of the whole pass. */
  readonly of: number | undefined;
  readonly term: LossTerm;
  readonly value: number;
}

const isShared = ({ kind }: ObjectiveTerm) => kind === 'inToOrig' || kind === 'logitsKl';

/**
 * Loss and gradients of dictionaries that are spliced into the same pass of the model (the pathway
 * `joint`, as e2e_sae with several sae_positions): a later one reads what comes through the earlier
 * ones, and its terms teach them too. The loss is the sum over all: terms of the spliced model count
 * once, as the objective of the first has them, and every dictionary adds its own. Each step has the
 * loss of the whole pass and the terms that are its dictionary's or the pass's. Under local objectives
 * each reads the model as it is. Gradients become the caller's.
 */
export function jointGradients(
  engine: Engine,
  dictionaries: readonly TrainedDictionary[],
  inputs: readonly TrainingInput[],
  observe: JointObserver = () => undefined,
): JointStep[] {
  const tape = new Tape(engine);
  try {
    const variables = dictionaries.map(({ parameters, frozen }) =>
      mapParameters(parameters, (value) => (frozen ? tape.constant(value) : tape.parameter(value))),
    );
    const { placed, spliced } = place(tape, dictionaries, variables, inputs);
    const measured = measure(tape, dictionaries, inputs, placed, spliced);
    const loss = measured.reduce((sum, { term, value }) => sum + term.coefficient * value, 0);
    const steps = placed.map(({ x, target, forward: { codes, output } }, position) => {
      const active = countActive(tape, codes);
      const firing = codeSums(tape, codes);
      const input = { ...inputs[position]!, x: x.value, target: target.value };
      observe(position, { input, codes, firing, active, output: output.value, spliced });
      engine.dispose(firing);
      const own = measured.filter(({ of }) => of === undefined || of === position);
      const terms = Object.fromEntries(own.map(({ term, value }) => [term.name, value]));
      return { loss, terms, l0: active / x.value.shape[0]! };
    });
    tape.backward(
      measured.map(({ term: { rows, coefficient, scale } }) => ({
        variable: rows,
        weight: coefficient * scale,
      })),
    );
    return steps.map((step, position) => ({
      ...step,
      gradients: dictionaries[position]!.frozen
        ? undefined
        : takeGradients(tape, variables[position]!),
    }));
  } finally {
    tape.dispose();
  }
}

function place(
  tape: Tape,
  dictionaries: readonly TrainedDictionary[],
  variables: readonly ByParameter<Variable>[],
  inputs: readonly TrainingInput[],
): { placed: readonly Placed[]; spliced: SplicedPass | undefined } {
  const placed: Placed[] = [];
  const run = (position: number, x: Variable, target: Variable): Variable => {
    const { architecture, buffers = {} } = dictionaries[position]!;
    const forward = architecture.forward(tape, variables[position]!, x, buffers, target);
    placed[position] = { x, target, forward };
    return forward.output;
  };
  const compared = comparedBy(dictionaries[0]!.objective);
  if (!needsSplicing(compared)) {
    inputs.forEach(({ x, target }, position) => {
      const input = tape.constant(x);
      run(position, input, target ? tape.constant(target) : input);
    });
    return { placed, spliced: undefined };
  }
  const original = inputs[0]?.original;
  const points = dictionaries.map(({ hook, target }) => {
    if (original && hook) return { hook, target, compared };
    throw new AppError('internal', 'Dictionaries of one pass need that of the model and a place.');
  });
  return { spliced: original!.spliceJointly(tape, points, compared, run), placed };
}

function measure(
  tape: Tape,
  dictionaries: readonly TrainedDictionary[],
  inputs: readonly TrainingInput[],
  placed: readonly Placed[],
  spliced: SplicedPass | undefined,
): Measured[] {
  return dictionaries.flatMap(({ objective }, position) => {
    const { x, target, forward } = placed[position]!;
    const activation = inputs[position]!.target ?? inputs[position]!.x;
    const pass = { x, target, activation, forward, spliced };
    const terms = objective
      .filter((term) => !isShared(term) || position === 0)
      .map((term) => ({
        of: isShared(term) ? undefined : position,
        term: measureTerm(tape, term, pass),
      }));
    const extra = (forward.terms ?? []).map((term) => ({ of: position, term }));
    return [...terms, ...extra].map(({ of, term }) => {
      const value = tape.engine.sum(term.rows.value) * term.scale;
      return { of, term, value };
    });
  });
}
