import { labelAuc } from './label-auc.ts';

/**
 * How well the token alone, without what stands before it, tells each binary property: the AUC of the
 * share of tokens of the same id that have the property. Shares are counted on the sequences of even
 * number, and scored on those of odd number. A feature that does no better may know the token only.
 * @param ids token ids, sequence after sequence
 * @param labels one array per property, 0 or 1 per token
 * @param length of the sequences
 * @returns one AUC per property; NaN for a property that all or no tokens have
 */
export function tokenAuc(
  ids: Int32Array,
  labels: readonly Uint8Array[],
  length: number,
): Float32Array {
  const isOdd = (token: number) => Math.floor(token / length) % 2 === 1;
  const all = Int32Array.from(ids, (_, token) => token);
  return Float32Array.from(labels, (label) => {
    const share = shareById(ids, label, (token) => !isOdd(token));
    const guess = {
      latents: 1,
      tokens: ids.length,
      pointers: Float64Array.of(0, ids.length),
      token: all,
      value: Float32Array.from(ids, (id) => share[id]!),
    };
    return labelAuc(guess, [label], isOdd)[0]!;
  });
}

/** Share of the counted tokens of each id that have the property, drawn to the overall share where they are few. */
function shareById(
  ids: Int32Array,
  label: Uint8Array,
  counts: (token: number) => boolean,
): Float64Array {
  const vocabulary = ids.reduce((most, id) => Math.max(most, id), 0) + 1;
  const seen = new Float64Array(vocabulary).fill(1);
  const overall = label.reduce((sum, bit) => sum + bit, 0) / label.length;
  const having = new Float64Array(vocabulary).fill(overall);
  ids.forEach((id, token) => {
    if (!counts(token)) return;
    seen[id]!++;
    having[id]! += label[token]!;
  });
  return having.map((sum, id) => sum / seen[id]!);
}
