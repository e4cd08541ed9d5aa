/**
 * P values adjusted for several tests; NaN stays NaN and does not count as a test. As R's `p.adjust`.
 * @param method `holm` bounds the chance of any false finding (Holm 1979); `bh` the expected share of
 *   false findings (Benjamini & Hochberg 1995)
 */
export function adjustP(p: readonly number[], method: 'holm' | 'bh'): number[] {
  const adjusted = p.map(() => NaN);
  const order = p
    .map((value, index) => ({ value, index }))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => a.value - b.value);
  const n = order.length;
  let bound = method === 'holm' ? 0 : 1;
  for (let k = 0; k < n; k++) {
    const rank = method === 'holm' ? k : n - 1 - k;
    const { value, index } = order[rank]!;
    bound =
      method === 'holm'
        ? Math.max(bound, (n - rank) * value)
        : Math.min(bound, (n / (rank + 1)) * value);
    adjusted[index] = Math.min(1, bound);
  }
  return adjusted;
}
