import { AppError } from '../../../shared/errors.ts';
import type { KlDirection } from '../../../shared/domain/objective.ts';
import type { Tensor } from '../engine.ts';
import {
  activationsAt,
  continueFrom,
  disposeHookState,
  type HookState,
} from '../model/activations.ts';
import type { HookPoint } from '../model/hooks.ts';
import type { TokenBatch, Transformer } from '../model/transformer.ts';
import { Tape, type Variable } from '../tape.ts';
import { divergenceOfStreams } from './logits-divergence.ts';
import type { PassNeeds } from './objective.ts';

/**
 * One batch of tokens in the model as it is: the activation at a hook point, the values at later hook
 * points and the final normed stream, as far as an objective asks for them. The layers below the hook
 * point run once; every dictionary that is trained there goes on from them.
 */
export class OriginalPass {
  readonly tokens: TokenBatch;
  readonly #model: Transformer;
  readonly #hook: HookPoint;
  readonly #needs: PassNeeds;
  readonly #state: HookState;
  readonly #later: ReadonlyMap<string, Tensor>;
  readonly #stream: Tensor | undefined;

  constructor(model: Transformer, tokens: TokenBatch, hook: HookPoint, needs: PassNeeds) {
    this.tokens = tokens;
    this.#model = model;
    this.#hook = hook;
    this.#needs = needs;
    this.#state = activationsAt(model, tokens, hook);
    const tape = new Tape(model.engine);
    try {
      const pass = continueFrom(model, tape, this.#state, tokens, hook, needs);
      this.#later = new Map([...pass.hooks].map(([name, value]) => [name, tape.detach(value)]));
      this.#stream = pass.stream && tape.detach(pass.stream);
    } finally {
      tape.dispose();
    }
  }

  /** Activation at the hook point [r, d]. */
  get x(): Tensor {
    return this.#state.activation;
  }

  /** Value at a later hook point that was asked for. */
  at(name: string): Tensor {
    return found(this.#later.get(name), name);
  }

  /** Whether the final stream was asked for. */
  get hasStream(): boolean {
    return this.#stream !== undefined;
  }

  /** Final normed stream. */
  get stream(): Tensor {
    return found(this.#stream, 'the final stream');
  }

  /** Runs the rest of the model with `output` [r, d] in place of the activation at the hook point. */
  splice(tape: Tape, output: Variable): SplicedPass {
    const pass = continueFrom(this.#model, tape, this.#state, this.tokens, this.#hook, {
      ...this.#needs,
      replacement: output,
    });
    return new SplicedPass(this, this.#model, pass);
  }

  dispose(): void {
    const { engine } = this.#model;
    engine.dispose(...this.#later.values(), ...(this.#stream ? [this.#stream] : []));
    disposeHookState(this.#model, this.#state);
  }
}

/** A pass of the model with a dictionary spliced in, beside the original one. Its values are the tape's. */
export class SplicedPass {
  readonly original: OriginalPass;
  readonly #model: Transformer;
  readonly #hooks: ReadonlyMap<string, Variable>;
  readonly #stream: Variable | undefined;

  constructor(
    original: OriginalPass,
    model: Transformer,
    pass: { hooks: ReadonlyMap<string, Variable>; stream: Variable | undefined },
  ) {
    this.original = original;
    this.#model = model;
    this.#hooks = pass.hooks;
    this.#stream = pass.stream;
  }

  at(name: string): Variable {
    return found(this.#hooks.get(name), name);
  }

  /** Final normed stream, where logits were asked for. */
  get stream(): Variable {
    return found(this.#stream, 'the final stream');
  }

  /** Divergence of the next-token distributions from the original pass's, of each token: [r]. */
  divergence(tape: Tape, stream: Variable, direction: KlDirection): Variable {
    return divergenceOfStreams(tape, this.#model, this.original.stream, stream, direction);
  }
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined)
    throw new AppError('internal', `The pass was not asked for ${name} and does not have it.`);
  return value;
}
