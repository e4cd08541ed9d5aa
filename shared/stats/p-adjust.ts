import type { adjustments } from '../contract/fit-diagnostics.ts';

export type Adjustment = (typeof adjustments)[number];

/**
 * p values for several tests at once, as R's p.adjust: Bonferroni, Holm (1979), Hochberg (1988) and
 * Hommel (1988) hold the chance of any false finding, BH (Benjamini & Hochberg 1995) and BY (Benjamini
 * & Yekutieli 2001) the expected share of false findings. In the order given; all finite.
 */
export function adjustP(p: readonly number[], method: Adjustment): number[] {
  const n = p.length;
  const harmonic = p.reduce((sum, _, i) => sum + 1 / (i + 1), 0);
  switch (method) {
    case 'bonferroni':
      return p.map((value) => Math.min(1, n * value));
    case 'holm':
      return rising(p, (value, rank) => (n - rank + 1) * value);
    case 'hochberg':
      return falling(p, (value, rank) => (n - rank + 1) * value);
    case 'BH':
      return falling(p, (value, rank) => (n / rank) * value);
    case 'BY':
      return falling(p, (value, rank) => harmonic * (n / rank) * value);
    case 'hommel':
      return hommel(p);
  }
}

function orderOf(p: readonly number[]): number[] {
  return [...p.keys()].sort((a, b) => p[a]! - p[b]! || a - b);
}

/** Largest so far, from the smallest p on. */
function rising(p: readonly number[], at: (value: number, rank: number) => number): number[] {
  const adjusted = new Array<number>(p.length);
  let largest = 0;
  orderOf(p).forEach((i, position) => {
    largest = Math.max(largest, at(p[i]!, position + 1));
    adjusted[i] = Math.min(1, largest);
  });
  return adjusted;
}

/** Smallest so far, from the largest p on. */
function falling(p: readonly number[], at: (value: number, rank: number) => number): number[] {
  const adjusted = new Array<number>(p.length);
  let smallest = 1;
  const order = orderOf(p);
  for (let position = order.length - 1; position >= 0; position--) {
    const i = order[position]!;
    smallest = Math.min(smallest, at(p[i]!, position + 1));
    adjusted[i] = smallest;
  }
  return adjusted;
}

/** Wright's (1992, Biometrics 48) algorithm. */
function hommel(p: readonly number[]): number[] {
  const n = p.length;
  const order = orderOf(p);
  const sorted = order.map((i) => p[i]!);
  const start = Math.min(...sorted.map((value, i) => (n * value) / (i + 1)));
  const largest = new Array<number>(n).fill(start);
  for (let m = n - 1; m >= 2; m--) {
    const head = n - m + 1;
    let bound = Infinity;
    for (let k = 2; k <= m; k++) bound = Math.min(bound, (m * sorted[head + k - 2]!) / k);
    const q = sorted.map((value, i) => (i < head ? Math.min(m * value, bound) : 0));
    for (let i = head; i < n; i++) q[i] = q[head - 1]!;
    for (let i = 0; i < n; i++) largest[i] = Math.max(largest[i]!, q[i]!);
  }
  const adjusted = new Array<number>(n);
  order.forEach((i, position) => {
    adjusted[i] = n === 0 ? NaN : Math.min(1, Math.max(largest[position]!, sorted[position]!));
  });
  return adjusted;
}
