import type { FeatureMajor } from './activation-store.ts';

/**
 * How well each feature tells each binary property of tokens: the area under the ROC curve of its
 * activation, that is, the probability that a token with the property has a larger activation than
 * one without, ties counting half (Mann and Whitney's U). Tokens on which the feature is 0 are all
 * tied at the bottom.
 * @param labels one array per property, 0 or 1 per token
 * @returns [latents, properties], row-major; NaN for a property that all or no tokens have
 */
export function labelAuc(activations: FeatureMajor, labels: readonly Uint8Array[]): Float32Array {
  const { latents, tokens, pointers } = activations;
  const positives = labels.map((label) => label.reduce((sum, bit) => sum + bit, 0));
  const out = new Float32Array(latents * labels.length);
  for (let feature = 0; feature < latents; feature++) {
    const token = activations.token.subarray(pointers[feature], pointers[feature + 1]);
    const value = activations.value.subarray(pointers[feature], pointers[feature + 1]);
    const order = descending(value);
    labels.forEach((label, property) => {
      const p = positives[property]!;
      out[feature * labels.length + property] = auc(order, value, token, label, p, tokens - p);
    });
  }
  return out;
}

function descending(value: Float32Array): Uint32Array {
  const order = Uint32Array.from(value, (_, i) => i);
  return order.sort((a, b) => value[b]! - value[a]!);
}

/** Walks down the active tokens group by group of equal values, then takes the zeros as one group. */
function auc(
  order: Uint32Array,
  value: Float32Array,
  token: Int32Array,
  label: Uint8Array,
  positives: number,
  negatives: number,
): number {
  let wins = 0;
  let positivesAbove = 0;
  let groupPositives = 0;
  let groupNegatives = 0;
  let activeNegatives = 0;
  const closeGroup = () => {
    wins += groupNegatives * (positivesAbove + groupPositives / 2);
    positivesAbove += groupPositives;
    activeNegatives += groupNegatives;
    groupPositives = groupNegatives = 0;
  };
  for (let i = 0; i < order.length; i++) {
    if (i > 0 && value[order[i]!] !== value[order[i - 1]!]) closeGroup();
    if (label[token[order[i]!]!]) groupPositives++;
    else groupNegatives++;
  }
  closeGroup();
  groupPositives = positives - positivesAbove;
  groupNegatives = negatives - activeNegatives;
  closeGroup();
  return wins / (positives * negatives);
}
