import { AppError } from '../../../shared/errors.ts';
import type { Engine, Sparse, Tensor } from '../engine.ts';
import type { HookPoint } from '../model/hooks.ts';
import type { Hook } from '../model/transformer.ts';
import { isSparse } from '../ops/codes.ts';
import { Tape, type Value } from '../tape.ts';
import {
  mapParameters,
  type Architecture,
  type Buffers,
  type DictionaryParameters,
  type DictionaryShape,
  type FrozenArchitecture,
} from './architecture.ts';

/** A dictionary for inference. Tensors are its own; decoder rows are as its files have them. */
export class FrozenDictionary<A extends FrozenArchitecture = FrozenArchitecture> {
  readonly architecture: A;
  readonly parameters: DictionaryParameters;
  readonly shape: DictionaryShape;
  readonly #engine: Engine;

  /** Takes over frozen parameters. */
  constructor(engine: Engine, architecture: A, frozen: DictionaryParameters) {
    this.#engine = engine;
    this.architecture = architecture;
    this.parameters = frozen;
    const [latents, dIn] = frozen.encoder.shape as [number, number];
    this.shape = { latents, dIn };
  }

  /** A copy of a dictionary in training, with its decoder normalised. */
  static copy(
    engine: Engine,
    architecture: Architecture,
    parameters: DictionaryParameters,
    buffers: Buffers = {},
  ): FrozenDictionary<Architecture> {
    const frozen = architecture.freeze(engine, parameters, buffers);
    return new FrozenDictionary(engine, architecture, frozen);
  }

  /** Codes of x [r, d] in compressed rows. The caller frees them. */
  encode(x: Tensor): Sparse {
    const tape = new Tape(this.#engine);
    const frozen = mapParameters(this.parameters, (value) => tape.constant(value));
    const codes = this.architecture.encode(tape, frozen, tape.constant(x));
    const value = tape.detach<Value>(codes);
    tape.dispose();
    if (isSparse(value)) return value;
    const sparse = this.#engine.sparsify(value);
    this.#engine.dispose(value);
    return sparse;
  }

  /** Output [r, dOut] for the codes of x [r, d]: its reconstruction. The caller frees it. */
  decode(codes: Sparse, x: Tensor): Tensor {
    const { decoder, decoderBias } = this.parameters;
    const skip = this.parameters['skip'];
    const output = this.#restored(this.#engine.sparseMatmul(codes, decoder, decoderBias), x);
    if (!skip) return output;
    const skipped = this.#engine.matmul(x, skip, { transB: true });
    this.#engine.addInto(output, skipped);
    this.#engine.dispose(skipped);
    return output;
  }

  /** On the scale of x again, where the encoder sees it on another. */
  #restored(output: Tensor, x: Tensor): Tensor {
    const restored = this.architecture.restore?.(this.#engine, output, x);
    if (!restored) return output;
    this.#engine.dispose(output);
    return restored;
  }

  /**
   * Puts the output in the place of the value at `target`, from that at `input`; without gradients.
   * @throws AppError `unsupported` where the output has another width than its place.
   */
  spliceAt(input: string, target = input): Hook {
    if (target === input && this.parameters.decoder.shape[1] !== this.shape.dIn)
      throw new AppError(
        'unsupported',
        'This is a transcoder: its output has another width than its input, and its files do not say where it belongs.',
      );
    let output: Tensor | undefined;
    const splice: Hook = (name, value, tape) => {
      if (name === input) {
        const codes = this.encode(value.value);
        output = this.decode(codes, value.value);
        this.#engine.dispose(codes);
      }
      if (name !== target || !output) return value;
      const replacement = tape.own(output);
      output = undefined;
      return replacement;
    };
    return Object.assign(splice, { reads: new Set([input]) });
  }

  dispose(): void {
    this.#engine.dispose(...Object.values<Tensor>(this.parameters));
  }
}

/** A dictionary and where in the model it belongs. */
export interface PlacedDictionary<A extends FrozenArchitecture = FrozenArchitecture> {
  /** Where it reads. */
  readonly hook: HookPoint;
  /** What it predicts and takes the place of, for a transcoder: `hook` itself where not given. */
  readonly target?: HookPoint | undefined;
  /** Names the pass that it shares with others, in the pathway `joint`. */
  readonly pass?: string | undefined;
  readonly dictionary: FrozenDictionary<A>;
}
