/**
 * Quantile of values in rising order, linear between the two nearest (type 7 of Hyndman & Fan 1996,
 * R's default). NaN where there are none.
 * @param share from 0 to 1
 */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const last = sorted.length - 1;
  if (last < 0) return NaN;
  const at = share * last;
  const below = Math.floor(at);
  const low = sorted[below]!;
  return low + (at - below) * (sorted[Math.min(below + 1, last)]! - low);
}
