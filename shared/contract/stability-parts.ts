import * as v from 'valibot';
import { count } from '../domain/schemas.ts';

/** A count among refits, as a share with its 95 % Wilson interval. */
export const proportion = v.object({
  count,
  share: v.number(),
  low: v.number(),
  high: v.number(),
});
export type Proportion = v.InferOutput<typeof proportion>;

/** A mean with its 95 % interval; the ends are null where there are too few values. */
export const interval = v.object({
  mean: v.number(),
  low: v.nullable(v.number()),
  high: v.nullable(v.number()),
});
export type Interval = v.InferOutput<typeof interval>;

/** How a coefficient is spread over refits, zeros included. */
export const spread = v.object({
  n: count,
  mean: v.number(),
  sd: v.number(),
  /** At 0, 2.5, 25, 50, 75, 97.5 and 100 %. */
  quantiles: v.pipe(v.array(v.number()), v.length(7)),
  /** Counts in equal bins from `from` to `to`. */
  histogram: v.object({ from: v.number(), to: v.number(), counts: v.array(count) }),
});
export type Spread = v.InferOutput<typeof spread>;
