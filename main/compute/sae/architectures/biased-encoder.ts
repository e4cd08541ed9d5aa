import type { Engine, Tensor } from '../../engine.ts';
import {
  mapParameters,
  type DictionaryParameters,
  type DictionaryShape,
  type FileTensor,
  type ParameterShape,
} from '../architecture.ts';

/** What dictionaries have in common whose encoder is a product and a bias. */

export function biasedShapes({
  dIn,
  latents,
}: DictionaryShape): readonly ParameterShape<'encoderBias'>[] {
  return [
    { name: 'encoder', shape: [latents, dIn] },
    { name: 'encoderBias', shape: [latents] },
    { name: 'decoder', shape: [latents, dIn] },
    { name: 'decoderBias', shape: [dIn] },
  ];
}

export const biasedFile: readonly FileTensor<'encoderBias'>[] = [
  { parameter: 'encoder', tensor: 'W_enc', transposed: true },
  { parameter: 'encoderBias', tensor: 'b_enc', transposed: false },
  { parameter: 'decoder', tensor: 'W_dec', transposed: false },
  { parameter: 'decoderBias', tensor: 'b_dec', transposed: false },
];

/** Copies of all parameters, the rows of the decoder of unit length. */
export function freezeParameters<Name extends string>(
  engine: Engine,
  parameters: DictionaryParameters<Name>,
): DictionaryParameters<Name> {
  return mapParameters<Tensor, Tensor>(parameters, (value, name) => {
    if (name !== 'decoder') return engine.clone(value);
    const { y, norms } = engine.normaliseRows(value);
    engine.dispose(norms);
    return y;
  });
}
