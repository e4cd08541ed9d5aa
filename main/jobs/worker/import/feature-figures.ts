import type { StoredFeature } from './feature-files.ts';

/** Bands of equal width between 0 and the largest activation. */
export const bandCount = 5;

/** Band of an activation, from low to high. */
export function bandOf(value: number, max: number): number {
  if (!(max > 0)) return 0;
  return Math.min(bandCount - 1, Math.max(0, Math.ceil((value / max) * bandCount - 1e-9) - 1));
}

interface Bars {
  readonly middles: ArrayLike<number>;
  readonly heights: ArrayLike<number>;
}

/** What a printed share of tokens may be off by: SAEDashboard prints percent with three digits. */
const printedShare = 1e-4;

/**
 * Number, sum and largest of a feature's activations. The number is exact where Assay wrote the
 * dashboard; otherwise the bars tell it where they agree with the printed share of tokens, and the share
 * itself where they do not. The sum comes from the bars' middles.
 * @param strongest largest activation among the examples
 */
export function figuresOf(
  stored: StoredFeature | undefined,
  { middles, heights }: Bars,
  strongest: number,
): { count: number; sum: number; max: number; notes: string[] } {
  const notes: string[] = [];
  let inBars = 0;
  let sum = 0;
  let last = 0;
  for (let i = 0; i < middles.length; i++) {
    const height = Math.max(0, heights[i] ?? 0);
    inBars += height;
    sum += height * middles[i]!;
    if (height > 0) last = middles[i]!;
  }
  const max = Math.fround(strongest > 0 ? strongest : (stored?.max ?? last));
  if (!stored) return { count: 0, sum: NaN, max, notes };
  if (stored.exact) return { ...stored.exact, max, notes };
  const shared = (stored.density ?? NaN) * stored.tokens;
  const agrees = !(Math.abs(inBars - shared) > printedShare * stored.tokens);
  const count = Math.round(
    inBars > 0 && agrees ? inBars : Number.isFinite(shared) ? shared : inBars,
  );
  if (inBars > 0 && !agrees)
    notes.push(
      'Bars and printed densities of some features disagree: their counts come from the densities.',
    );
  if (inBars > 0) notes.push('Means are those of the bars of the histograms.');
  const scale = inBars > 0 ? count / inBars : 0;
  return { count: Math.min(count, 0x7fffffff), sum: inBars > 0 ? sum * scale : NaN, max, notes };
}

/** Bars of any width counted anew in equal bins on (0, max], each by its middle. */
export function rebin(
  middles: ArrayLike<number>,
  heights: ArrayLike<number>,
  max: number,
  bins: number,
): Int32Array {
  const counts = new Int32Array(bins);
  if (!(max > 0)) return counts;
  for (let i = 0; i < middles.length; i++) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((middles[i]! / max) * bins)));
    counts[bin]! += Math.min(0x7fffffff, Math.round(Math.max(0, heights[i] ?? 0)));
  }
  return counts;
}

/** Activations in each band, from equal bins. */
export function countsOfBands(histogram: Int32Array): Int32Array {
  const counts = new Int32Array(bandCount);
  histogram.forEach((count, bin) => {
    counts[Math.floor(((bin + 0.5) / histogram.length) * bandCount)]! += count;
  });
  return counts;
}
