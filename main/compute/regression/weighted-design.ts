import { multiplyDd, sqrtDd, type DoubleDouble } from '../linalg/double-double.ts';
import type { Design } from './design.ts';

/** A design whose rows are multiplied by the roots of weights, so that least squares weighs them. */
export function weightedDesign(design: Design, weights: Float64Array): Design {
  const roots = weights.map(Math.sqrt);
  return {
    ...design,
    fill(j, start, count, out, offset) {
      design.fill(j, start, count, out, offset);
      for (let i = 0; i < count; i++) out[offset + i]! *= roots[start + i]!;
    },
    fillPrecise(j, high, low, offset) {
      design.fillPrecise(j, high, low, offset);
      weighPrecisely(weights, high, low, offset);
    },
  };
}

/** An outcome multiplied likewise, with what a double cannot hold. */
export function weightedOutcome(
  { values, low }: { readonly values: Float64Array; readonly low: Float64Array | undefined },
  weights: Float64Array,
): { values: Float64Array; low: Float64Array } {
  const high = values.slice();
  const rest = low?.slice() ?? new Float64Array(values.length);
  weighPrecisely(weights, high, rest, 0);
  return { values: high, low: rest };
}

function weighPrecisely(
  weights: Float64Array,
  high: Float64Array,
  low: Float64Array,
  offset: number,
): void {
  for (let i = 0; i < weights.length; i++) {
    const value: DoubleDouble = { hi: high[offset + i]!, lo: low[offset + i]! };
    const product = multiplyDd(value, sqrtDd({ hi: weights[i]!, lo: 0 }));
    high[offset + i] = product.hi;
    low[offset + i] = product.lo;
  }
}
