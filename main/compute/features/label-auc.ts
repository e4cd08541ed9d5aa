import type { FeatureMajor } from './activation-store.ts';

/**
 * How well each feature tells each binary property of tokens: the area under the ROC curve of its
 * activation, that is, the probability that a token with the property has a larger activation than
 * one without, ties counting half (Mann and Whitney's U). Tokens on which the feature is 0 are all
 * tied at the bottom.
 * @param labels one array per property, 0 or 1 per token
 * @param counts which tokens are counted, by their number; all of them unless given
 * @returns [latents, properties], row-major; NaN for a property that all or no counted tokens have
 */
export function labelAuc(
  activations: FeatureMajor,
  labels: readonly Uint8Array[],
  counts: (token: number) => boolean = () => true,
): Float32Array {
  const { latents, pointers } = activations;
  const totals = labels.map((label) => countTokens(activations.tokens, label, counts));
  const out = new Float32Array(latents * labels.length);
  for (let feature = 0; feature < latents; feature++) {
    const token = activations.token.subarray(pointers[feature], pointers[feature + 1]);
    const value = activations.value.subarray(pointers[feature], pointers[feature + 1]);
    const order = descending(value).filter((entry) => counts(token[entry]!));
    labels.forEach((label, property) => {
      const { positives, negatives } = totals[property]!;
      out[feature * labels.length + property] = auc(
        order,
        value,
        token,
        label,
        positives,
        negatives,
      );
    });
  }
  return out;
}

/**
 * The same on each half of the sequences, those of even and those of odd number. A feature that is the
 * best of thousands on some tokens looks better there than it is: choose it on one half and read its
 * score from the other.
 * @param length of the sequences
 * @returns [latents, properties, 2], row-major: even sequences, odd sequences
 */
export function labelAucByHalf(
  activations: FeatureMajor,
  labels: readonly Uint8Array[],
  length: number,
): Float32Array {
  const halves = [0, 1].map((half) =>
    labelAuc(activations, labels, (token) => Math.floor(token / length) % 2 === half),
  );
  return Float32Array.from(
    { length: 2 * activations.latents * labels.length },
    (_, i) => halves[i % 2]![i >> 1]!,
  );
}

function countTokens(tokens: number, label: Uint8Array, counts: (token: number) => boolean) {
  let positives = 0;
  let negatives = 0;
  for (let token = 0; token < tokens; token++)
    if (!counts(token)) continue;
    else if (label[token]) positives++;
    else negatives++;
  return { positives, negatives };
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
