import { crossEntropyWith } from '../model/forward.ts';
import type { Hook, Transformer } from '../model/transformer.ts';
import type { PlacedDictionary } from '../sae/frozen-dictionary.ts';

/**
 * What a feature does to the loss on one sequence: the next-token cross-entropy with the feature's part,
 * its activation times its decoder row, taken out at every token, less that of the model as it is. What
 * the dictionary does not explain stays in, so only this feature is missing. Positive where the feature
 * helps.
 * @returns [length - 1]: entry i is of token i + 1
 */
export function ablationEffect(
  model: Transformer,
  placed: PlacedDictionary,
  feature: number,
  ids: Int32Array,
): Float32Array {
  const tokens = { ids, sequences: 1, length: ids.length };
  const without = crossEntropyWith(model, tokens, ablate(model, placed, feature));
  const whole = crossEntropyWith(model, tokens);
  return without.map((loss, i) => loss - whole[i]!);
}

function ablate(
  { engine }: Transformer,
  { hook: input, target = input, dictionary }: PlacedDictionary,
  feature: number,
): Hook {
  const { decoder } = dictionary.parameters;
  let activations: Float32Array | undefined;
  const replace: Hook = (name, value, tape) => {
    if (name === input.name) {
      const codes = dictionary.encode(value.value);
      activations = new Float32Array(value.value.shape[0]!);
      readOne(
        engine.readInts(codes.pointers),
        engine.readInts(codes.indices),
        engine.read(codes.values),
        feature,
        activations,
      );
      engine.dispose(codes);
    }
    if (name !== target.name || !activations?.some((activation) => activation !== 0)) return value;
    const rows = activations.length;
    const only = engine.floats(activations, [rows, 1]);
    const direction = engine.rows(decoder, feature, feature + 1);
    const part = engine.matmul(only, direction);
    const output = engine.subtract(value.value, part);
    engine.dispose(only, direction, part);
    return tape.own(output);
  };
  return Object.assign(replace, { reads: new Set([input.name]) });
}

/** The activation of one latent in each row of compressed rows. */
function readOne(
  pointers: Int32Array,
  indices: Int32Array,
  values: ArrayLike<number>,
  feature: number,
  out: Float32Array,
): void {
  for (let row = 0; row < out.length; row++)
    for (let i = pointers[row]!; i < pointers[row + 1]!; i++)
      if (indices[i] === feature) out[row] = values[i]!;
}
