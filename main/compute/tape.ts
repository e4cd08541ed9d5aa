import type { Engine, Sparse, Tensor } from './engine.ts';

/** What a variable can hold: a dense tensor, or sparse codes. */
export type Value = Tensor | Sparse;

/**
 * A value on the tape. The gradient of a dense variable has its shape; the gradient of a sparse one
 * is taken at the stored entries only, [count], which is exact where the pattern is constant (as for
 * the active latents of a ReLU or top-k code, whose inactive entries have gradient 0).
 */
export interface Variable<T extends Value = Tensor> {
  readonly value: T;
  readonly requiresGradient: boolean;
}

/**
 * Given the gradient of an operation's output, hands each input its gradient through `give`, which
 * takes ownership of the tensor. Inputs that need none are not asked for: check `requiresGradient`.
 */
export type Backward = (
  gradient: Tensor,
  give: (input: Variable<Value>, gradient: Tensor) => void,
) => void;

interface Step {
  readonly output: Variable<Value>;
  readonly inputs: readonly Variable<Value>[];
  /** Values that the backward function reads besides those of inputs and output. */
  readonly saved: readonly Value[];
  readonly backward: Backward;
}

/**
 * Reverse-mode differentiation over engine operations. Each differentiable operation (ops/*.ts)
 * computes its value, and calls `record` with its vector-Jacobian product. The tape owns every value
 * recorded on it and frees each as early as it can: at the end of the frame that made it where no
 * gradient needs it, else right after the backward step that used it last.
 */
export class Tape {
  readonly engine: Engine;
  readonly #steps: Step[] = [];
  readonly #owned = new Set<Value>();
  /** How many steps yet to be run backwards read a value. */
  readonly #readers = new Map<Value, number>();
  readonly #gradients = new Map<Variable<Value>, Tensor>();
  #frame: Set<Value> | undefined;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** A value that stays the caller's and needs no gradient. */
  constant<T extends Value>(value: T): Variable<T> {
    return { value, requiresGradient: false };
  }

  /** A tensor that stays the caller's and whose gradient `gradient()` answers after `backward`. */
  parameter(value: Tensor): Variable {
    return { value, requiresGradient: true };
  }

  /** Hands a value to the tape, which frees it. */
  own<T extends Value>(value: T): Variable<T> {
    this.#adopt(value);
    return { value, requiresGradient: false };
  }

  /** Records an operation. The tape takes ownership of `value` and of the `saved` values. */
  record<T extends Value>(
    value: T,
    inputs: readonly Variable<Value>[],
    backward: Backward,
    saved: readonly Value[] = [],
  ): Variable<T> {
    this.#adopt(value);
    for (const item of saved) this.#adopt(item);
    const requiresGradient = inputs.some((input) => input.requiresGradient);
    const output: Variable<T> = { value, requiresGradient };
    if (requiresGradient) {
      const step: Step = { output, inputs, saved, backward };
      this.#steps.push(step);
      for (const read of readsOf(step)) this.#readers.set(read, (this.#readers.get(read) ?? 0) + 1);
    }
    return output;
  }

  /**
   * Runs `body` and then frees the values made inside it that no gradient needs, except those of the
   * variables it returns.
   */
  frame<R extends Variable<Value> | readonly Variable<Value>[]>(body: () => R): R {
    const outer = this.#frame;
    const own = new Set<Value>();
    this.#frame = own;
    try {
      const result = body();
      const kept = new Set<Value>(
        (Array.isArray(result)
          ? (result as readonly Variable<Value>[])
          : [result as Variable<Value>]
        ).map((variable) => variable.value),
      );
      for (const value of own) {
        if (kept.has(value) || this.#readers.has(value)) outer?.add(value);
        else this.#free(value);
      }
      return result;
    } finally {
      this.#frame = outer;
    }
  }

  /** Runs `body` as outside of every frame: what it makes lives until the tape frees it. */
  outside<R>(body: () => R): R {
    const frame = this.#frame;
    this.#frame = undefined;
    try {
      return body();
    } finally {
      this.#frame = frame;
    }
  }

  /**
   * Adds up weight x sum of the entries of each term and runs the gradients of that total back to the
   * parameters. Values on the tape are freed on the way: the tape can be read no more afterwards.
   */
  backward(terms: readonly { readonly variable: Variable; readonly weight: number }[]): void {
    const { engine } = this;
    for (const { variable, weight } of terms) {
      if (!variable.requiresGradient || weight === 0) continue;
      const { shape, size } = variable.value;
      this.#accumulate(variable, engine.floats(new Float64Array(size).fill(weight), shape));
    }
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      const gradient = this.#gradients.get(step.output);
      if (gradient) {
        this.#gradients.delete(step.output);
        step.backward(gradient, (input, given) => this.#accumulate(input, given));
        engine.dispose(gradient);
      }
      for (const read of readsOf(step)) this.#release(read);
    }
  }

  /** The gradient of a parameter, which becomes the caller's; undefined where nothing depended on it. */
  gradient(parameter: Variable): Tensor | undefined {
    const gradient = this.#gradients.get(parameter);
    this.#gradients.delete(parameter);
    return gradient;
  }

  /** Takes a value off the tape: the caller frees it. */
  detach<T extends Value>(variable: Variable<T>): T {
    this.#owned.delete(variable.value);
    return variable.value;
  }

  /** Frees all that is left. */
  dispose(): void {
    this.engine.dispose(...this.#owned, ...this.#gradients.values());
    this.#owned.clear();
    this.#gradients.clear();
    this.#readers.clear();
    this.#steps.length = 0;
  }

  #adopt(value: Value): void {
    this.#owned.add(value);
    this.#frame?.add(value);
  }

  #accumulate(variable: Variable<Value>, gradient: Tensor): void {
    const sum = this.#gradients.get(variable);
    if (!variable.requiresGradient) this.engine.dispose(gradient);
    else if (!sum) this.#gradients.set(variable, gradient);
    else {
      this.engine.addInto(sum, gradient);
      this.engine.dispose(gradient);
    }
  }

  #release(value: Value): void {
    const readers = (this.#readers.get(value) ?? 0) - 1;
    if (readers > 0) this.#readers.set(value, readers);
    else {
      this.#readers.delete(value);
      this.#free(value);
    }
  }

  #free(value: Value): void {
    if (this.#owned.delete(value)) this.engine.dispose(value);
  }
}

function readsOf(step: Step): Set<Value> {
  return new Set([step.output.value, ...step.inputs.map((input) => input.value), ...step.saved]);
}
