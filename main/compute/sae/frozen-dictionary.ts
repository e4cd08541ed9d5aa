import type { Engine, Sparse, Tensor } from '../engine.ts';
import type { Hook } from '../model/transformer.ts';
import { encodeRelu, isSparse } from '../ops/codes.ts';
import { Tape, type Value } from '../tape.ts';
import type { DictionaryParameters } from './dictionary.ts';

/** A dictionary for inference: decoder rows already of unit length. Tensors are its own. */
export class FrozenDictionary {
  readonly #engine: Engine;
  readonly #parameters: DictionaryParameters;

  /** Copies the parameters and normalises the decoder. */
  constructor(engine: Engine, parameters: DictionaryParameters) {
    const { y, norms } = engine.normaliseRows(parameters.decoder);
    engine.dispose(norms);
    this.#engine = engine;
    this.#parameters = {
      encoder: engine.clone(parameters.encoder),
      encoderBias: engine.clone(parameters.encoderBias),
      decoder: y,
      decoderBias: engine.clone(parameters.decoderBias),
    };
  }

  get parameters(): DictionaryParameters {
    return this.#parameters;
  }

  /** Codes of x [r, d] in compressed rows. The caller frees them. */
  encode(x: Tensor): Sparse {
    const tape = new Tape(this.#engine);
    const { encoder, encoderBias } = this.#parameters;
    const codes = encodeRelu(
      tape,
      tape.constant(x),
      tape.constant(encoder),
      tape.constant(encoderBias),
    );
    const value = tape.detach<Value>(codes);
    tape.dispose();
    if (isSparse(value)) return value;
    const sparse = this.#engine.sparsify(value);
    this.#engine.dispose(value);
    return sparse;
  }

  /** Reconstruction [r, d] of codes. The caller frees it. */
  decode(codes: Sparse): Tensor {
    const { decoder, decoderBias } = this.#parameters;
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
    this.#engine.dispose(...Object.values(this.#parameters));
  }
}
