import { add, linear, subtract } from '../../ops/dense.ts';
import type { Tape, Variable } from '../../tape.ts';
import type {
  Architecture,
  ByParameter,
  DictionaryParameters,
  FileTensor,
} from '../architecture.ts';

type WithSkip<Name extends string> = Name | 'skip';

/**
 * An architecture beside a linear map of its input: y = c D + b_dec + x W_skip^T, W_skip [d, d] from 0
 * (the skip transcoder of Paulo et al. 2025, arXiv 2501.18823). What the architecture itself compares
 * its output with is the target less what the skip connection gives.
 */
export function withSkip<Name extends string, Frozen extends string>(
  base: Architecture<Name, Frozen>,
): Architecture<WithSkip<Name>, WithSkip<Frozen>> {
  const { buffers, remember, frozenParameters, thaw } = base;
  const skipShape = (width: number) => ({ name: 'skip', shape: [width, width] }) as const;
  return {
    name: base.name,
    codesAtPeak: base.codesAtPeak,
    ...(base.settings && { settings: base.settings }),
    parameters: (shape) => [...base.parameters(shape), skipShape(shape.dIn)],
    initialise: (engine, shape, seed) => ({
      ...base.initialise(engine, shape, seed),
      skip: engine.zeros([shape.dIn, shape.dIn]),
    }),
    ...(buffers && { buffers: (shape) => buffers(shape) }),
    forward(tape, variables, x, state, target) {
      const skipped = throughSkip(tape, variables, x);
      const rest = subtract(tape, target, skipped);
      const forward = base.forward(tape, variables, x, state, rest);
      return { ...forward, output: add(tape, forward.output, skipped) };
    },
    ...(remember && { remember: (engine, state, seen) => remember(engine, state, seen) }),
    ...(base.constrainGradients && { constrainGradients: base.constrainGradients }),
    ...(base.constrainParameters && { constrainParameters: base.constrainParameters }),
    freeze: (engine, parameters, state) => ({
      ...base.freeze(engine, withoutSkip<Name>(parameters), state),
      skip: engine.clone(parameters.skip),
    }),
    ...(frozenParameters && {
      frozenParameters: (shape) => [...frozenParameters(shape), skipShape(shape.dIn)],
    }),
    ...(thaw && {
      thaw: (engine, frozen, state) => ({
        ...thaw(engine, withoutSkip<Frozen>(frozen), state),
        skip: engine.clone(frozen.skip),
      }),
    }),
    encode: (tape, frozen, x) => base.encode(tape, frozen, x),
    file: [
      ...base.file,
      { parameter: 'skip', tensor: 'W_skip', transposed: false },
    ] satisfies FileTensor<WithSkip<Frozen>>[],
  };
}

/** What the base sees: it would copy what it does not know. */
function withoutSkip<Name extends string>(
  parameters: DictionaryParameters<WithSkip<Name>>,
): DictionaryParameters<Name> {
  const { skip: _skip, ...others } = parameters;
  return others as unknown as DictionaryParameters<Name>;
}

/** x W_skip^T. */
export function throughSkip(
  tape: Tape,
  { skip }: ByParameter<Variable, 'skip'>,
  x: Variable,
): Variable {
  return linear(tape, x, skip, undefined, { transposed: true });
}
