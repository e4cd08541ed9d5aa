import type { Engine, Tensor } from '../engine.ts';
import { mapParameters, type ByParameter, type DictionaryParameters } from './architecture.ts';

export interface AdamSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** First and second moments of each parameter, and the number of steps taken. */
export interface AdamState {
  readonly first: ByParameter<Tensor>;
  readonly second: ByParameter<Tensor>;
  steps: number;
}

export function newAdamState(engine: Engine, parameters: DictionaryParameters): AdamState {
  const zeros = () => mapParameters(parameters, ({ shape }) => engine.zeros(shape));
  return { first: zeros(), second: zeros(), steps: 0 };
}

/** Global L2 norm over the gradients of all parameters. */
export function gradientNorm(engine: Engine, gradients: DictionaryParameters): number {
  let squares = 0;
  for (const gradient of Object.values<Tensor>(gradients)) squares += engine.sumSquares(gradient);
  return Math.sqrt(squares);
}

/** Factor that brings a gradient of this norm to at most `limit`, as torch.nn.utils.clip_grad_norm_. */
export function clipFactor(norm: number, limit: number | null): number {
  return limit === null ? 1 : Math.min(1, limit / (norm + 1e-6));
}

/** One Adam step on every parameter of a dictionary, in place. */
export function stepAdam(
  engine: Engine,
  parameters: DictionaryParameters,
  gradients: DictionaryParameters,
  state: AdamState,
  options: { settings: AdamSettings; learningRate: number; gradientScale: number },
): void {
  state.steps++;
  for (const [name, parameter] of Object.entries<Tensor>(parameters))
    engine.adamStep(parameter, gradients[name]!, state.first[name]!, state.second[name]!, {
      ...options.settings,
      learningRate: options.learningRate,
      gradientScale: options.gradientScale,
      step: state.steps,
    });
}
