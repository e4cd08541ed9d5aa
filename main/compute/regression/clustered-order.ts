/**
 * An order in which columns that go together are neighbours: the leaves of an average-linkage
 * clustering (Sokal & Michener 1958) by the distance 1 - |r|, each pair of branches turned so that its
 * nearest ends meet. Deterministic; equal distances keep the order given.
 * @param values correlations [p, p], null for constant columns
 */
export function clusteredOrder(values: readonly (number | null)[], p: number): number[] {
  const distance = (i: number, j: number): number => 1 - Math.abs(values[i * p + j] ?? 0);
  let clusters: number[][] = Array.from({ length: p }, (_, i) => [i]);
  const between = clusters.map((_, i) =>
    Float64Array.from({ length: p }, (_, j) => distance(i, j)),
  );
  const alive = new Set(clusters.keys());
  while (alive.size > 1) {
    let [best, first, second] = [Infinity, -1, -1];
    for (const i of alive)
      for (const j of alive)
        if (i < j && between[i]![j]! < best) [best, first, second] = [between[i]![j]!, i, j];
    const [a, b] = [clusters[first]!, clusters[second]!];
    for (const k of alive) {
      if (k === first || k === second) continue;
      const mean =
        (a.length * between[first]![k]! + b.length * between[second]![k]!) / (a.length + b.length);
      between[first]![k] = mean;
      between[k]![first] = mean;
    }
    clusters = clusters.with(first, join(a, b, distance));
    alive.delete(second);
  }
  return clusters[[...alive][0] ?? 0] ?? [];
}

function join(
  a: readonly number[],
  b: readonly number[],
  distance: (i: number, j: number) => number,
): number[] {
  const turned = [
    [a, b],
    [a, b.toReversed()],
    [a.toReversed(), b],
    [a.toReversed(), b.toReversed()],
  ] as const;
  const gap = ([left, right]: readonly [readonly number[], readonly number[]]): number =>
    distance(left.at(-1)!, right[0]!);
  const best = turned.reduce((least, pair) => (gap(pair) < gap(least) ? pair : least));
  return best.flat();
}
