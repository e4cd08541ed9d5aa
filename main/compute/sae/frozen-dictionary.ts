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
} from './architecture.ts';

/** A dictionary for inference: decoder rows already of unit length. Tensors are its own. */
export class FrozenDictionary {
  readonly architecture: Architecture;
  readonly parameters: DictionaryParameters;
  readonly shape: DictionaryShape;
  readonly #engine: Engine;

  /** Takes over frozen parameters. */
  constructor(engine: Engine, architecture: Architecture, frozen: DictionaryParameters) {
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
  ): FrozenDictionary {
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

  /** Reconstruction [r, d] of codes. The caller frees it. */
  decode(codes: Sparse): Tensor {
    const { decoder, decoderBias } = this.parameters;
    return this.#engine.sparseMatmul(codes, decoder, decoderBias);
  }

  /** Puts the reconstruction in the place of the value at one hook point; without gradients. */
  spliceAt(hookName: string): Hook {
    return (name, value, tape) => {
      if (name !== hookName) return value;
      const codes = this.encode(value.value);
      const reconstruction = tape.own(this.decode(codes));
      this.#engine.dispose(codes);
      return reconstruction;
    };
  }

  dispose(): void {
    this.#engine.dispose(...Object.values<Tensor>(this.parameters));
  }
}

/** A dictionary and the hook point of the model that it belongs to. */
export interface PlacedDictionary {
  readonly hook: HookPoint;
  readonly dictionary: FrozenDictionary;
}
