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
    const { architecture, parameters } = this;
    if (architecture.decode) return architecture.decode(this.#engine, parameters, codes, x);
    const { decoder, decoderBias } = parameters;
    return this.#engine.sparseMatmul(codes, decoder, decoderBias);
  }

  /**
   * Puts the reconstruction in the place of the value at one hook point; without gradients.
   * @throws AppError `unsupported` for a transcoder, whose output belongs elsewhere.
   */
  spliceAt(hookName: string): Hook {
    if (this.parameters.decoder.shape[1] !== this.shape.dIn)
      throw new AppError(
        'unsupported',
        'A transcoder has no reconstruction of its input that could take its place.',
      );
    return (name, value, tape) => {
      if (name !== hookName) return value;
      const codes = this.encode(value.value);
      const reconstruction = tape.own(this.decode(codes, value.value));
      this.#engine.dispose(codes);
      return reconstruction;
    };
  }

  dispose(): void {
    this.#engine.dispose(...Object.values<Tensor>(this.parameters));
  }
}

/** A dictionary and the hook point of the model that it belongs to. */
export interface PlacedDictionary<A extends FrozenArchitecture = FrozenArchitecture> {
  readonly hook: HookPoint;
  readonly dictionary: FrozenDictionary<A>;
}
