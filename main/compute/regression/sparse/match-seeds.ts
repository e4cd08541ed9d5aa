import type { Steps } from '../../steps.ts';

/** Cosine of two decoder directions from which on they count as the same feature. */
export const sameFeature = 0.7;

/** Unit decoder rows [n, d], row-major. */
export interface Directions {
  readonly n: number;
  readonly d: number;
  readonly values: Float32Array;
}

export interface Match {
  readonly feature: number;
  readonly cosine: number;
}

/** The feature of another dictionary whose decoder direction is nearest, for each of some features. */
export function* matchFeatures(
  own: Directions,
  features: ArrayLike<number>,
  other: Directions,
): Steps<Match[]> {
  const out: Match[] = [];
  const { d } = own;
  for (let k = 0; k < features.length; k++) {
    const from = features[k]! * d;
    const row = own.values.subarray(from, from + d);
    let [best, most] = [0, -Infinity];
    for (let j = 0; j < other.n; j++) {
      let product = 0;
      for (let i = 0, at = j * d; i < d; i++) product += row[i]! * other.values[at + i]!;
      if (product > most) [best, most] = [j, product];
    }
    out.push({ feature: best, cosine: most });
    yield { phase: 'matching seeds', done: k + 1, total: features.length };
  }
  return out;
}

/** What a match's coefficient says of the sign of a feature's own. */
export function compareSigns(
  own: number,
  { cosine }: Match,
  theirs: number,
): 'same' | 'zero' | 'opposite' | 'apart' {
  if (cosine < sameFeature) return 'apart';
  if (theirs === 0) return 'zero';
  return Math.sign(theirs) === Math.sign(own) ? 'same' : 'opposite';
}
