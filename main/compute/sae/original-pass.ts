import { comesAfter } from '../../../shared/domain/hook-name.ts';
import { AppError } from '../../../shared/errors.ts';
import type { KlDirection } from '../../../shared/domain/objective.ts';
import type { Tensor } from '../engine.ts';
import {
  runJoint,
  runModel,
  runSpliced,
  streamBefore,
  type PassRequest,
  type PassValues,
  type Replace,
} from '../model/activations.ts';
import type { HookPoint } from '../model/hooks.ts';
import type { TokenBatch, Transformer } from '../model/transformer.ts';
import { Tape, type Variable } from '../tape.ts';
import { divergenceOfStreams } from './logits-divergence.ts';

/** Where a dictionary reads and is spliced in, and what is then compared. */
export interface SplicePoint {
  readonly hook: HookPoint;
  /** What a transcoder takes the place of; `hook` itself where not given. */
  readonly target?: HookPoint | undefined;
  /** Later hook points and logits; nothing where the dictionary only sees its input. */
  readonly compared: PassRequest;
}

/**
 * One batch of tokens in the model as it is: the activations at the hook points of dictionaries, the
 * values at later ones and the final normed stream, as far as they are asked for. All dictionaries
 * share it, and go on from it, so that no layer below a hook point runs again.
 */
export class OriginalPass {
  readonly tokens: TokenBatch;
  readonly #model: Transformer;
  readonly #values: ReadonlyMap<string, Tensor>;
  readonly #stream: Tensor | undefined;

  constructor(model: Transformer, tokens: TokenBatch, points: readonly SplicePoint[]) {
    this.tokens = tokens;
    this.#model = model;
    const tape = new Tape(model.engine);
    try {
      const { hooks, stream } = runModel(model, tape, tokens, requestOf(points));
      this.#values = new Map([...hooks].map(([name, value]) => [name, tape.detach(value)]));
      this.#stream = stream && tape.detach(stream);
    } finally {
      tape.dispose();
    }
  }

  /** Value at a hook point that was asked for [r, d]. */
  at({ name }: HookPoint): Tensor {
    return found(this.#values.get(name), name);
  }

  /** Final normed stream, where logits were asked for. */
  get stream(): Tensor {
    return found(this.#stream, 'the final stream');
  }

  /** Runs the rest of the model with `output` [r, d] in place of the activation at the point. */
  splice(
    tape: Tape,
    { hook, target = hook, compared }: SplicePoint,
    output: Variable,
  ): SplicedPass {
    const residual = this.at(streamBefore(target));
    const splice = { hook: target, residual, replacement: output };
    const values = runSpliced(this.#model, tape, this.tokens, splice, compared);
    return new SplicedPass(this, this.#model, values);
  }

  /**
   * Runs the rest of the model with several dictionaries in the same pass: each reads what comes
   * through the ones before it.
   * @param output what takes the place of the target [r, d] of the dictionary of a point: its position,
   *   what it reads and what its target is in this pass
   */
  spliceJointly(
    tape: Tape,
    points: readonly SplicePoint[],
    compared: PassRequest,
    output: (position: number, x: Variable, target: Variable) => Variable,
  ): SplicedPass {
    const hooks = points
      .flatMap(({ hook, target = hook }) => [hook, target])
      .sort((a, b) => (comesAfter(a.name, b.name) ? 1 : comesAfter(b.name, a.name) ? -1 : 0));
    const inputs = new Map<number, Variable>();
    const replace: Replace = (name, value) => {
      const met = points.findIndex(({ hook, target = hook }) => target.name === name);
      // A frame of the pass frees what no gradient needs; terms are measured after it.
      const held = () =>
        value.requiresGradient
          ? value
          : tape.outside(() => tape.own(tape.engine.clone(value.value)));
      points.forEach(({ hook }, position) => {
        if (hook.name === name) inputs.set(position, held());
      });
      if (met < 0) return value;
      const { hook, target = hook } = points[met]!;
      const x = found(inputs.get(met), hook.name);
      return tape.outside(() => output(met, x, target === hook ? x : held()));
    };
    const [first] = hooks;
    const residual = this.at(streamBefore(found(first, 'a place to begin')));
    const splice = { hooks: hooks as [HookPoint, ...HookPoint[]], residual, replace };
    return new SplicedPass(
      this,
      this.#model,
      runJoint(this.#model, tape, this.tokens, splice, compared),
    );
  }

  dispose(): void {
    const { engine } = this.#model;
    engine.dispose(...this.#values.values(), ...(this.#stream ? [this.#stream] : []));
  }
}

/** A pass of the model with a dictionary spliced in, beside the original one. Its values are the tape's. */
export class SplicedPass {
  readonly original: OriginalPass;
  readonly #model: Transformer;
  readonly #values: PassValues;

  constructor(original: OriginalPass, model: Transformer, values: PassValues) {
    this.original = original;
    this.#model = model;
    this.#values = values;
  }

  at({ name }: HookPoint): Variable {
    return found(this.#values.hooks.get(name), name);
  }

  /** Final normed stream, where logits were asked for. */
  get stream(): Variable {
    return found(this.#values.stream, 'the final stream');
  }

  /** Divergence of the next-token distributions from the original pass's, of each token: [r]. */
  divergence(tape: Tape, stream: Variable, direction: KlDirection): Variable {
    return divergenceOfStreams(tape, this.#model, this.original.stream, stream, direction);
  }
}

function requestOf(points: readonly SplicePoint[]): PassRequest {
  const hooks = points.flatMap(({ hook, target = hook, compared }) =>
    needsSplicing(compared)
      ? [hook, target, streamBefore(hook), streamBefore(target), ...compared.hooks]
      : [hook, target],
  );
  return {
    hooks: [...new Map(hooks.map((hook) => [hook.name, hook])).values()],
    logits: points.some(({ compared }) => compared.logits),
  };
}

/** True where something of the spliced model is compared. */
export function needsSplicing({ hooks, logits }: PassRequest): boolean {
  return logits || hooks.length > 0;
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined)
    throw new AppError('internal', `The pass was not asked for ${name} and does not have it.`);
  return value;
}
