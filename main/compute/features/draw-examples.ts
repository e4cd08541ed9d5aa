import type { RandomStream } from '../random.ts';

/** The activations of one feature: tokens, rising, and values above 0. */
export interface Entries {
  readonly token: Int32Array;
  readonly value: Float32Array;
}

/** Index of the equal-width part of (0, max] that a value lies in. */
export function bandOf(value: number, max: number, parts: number): number {
  return Math.min(parts - 1, Math.max(0, Math.ceil((value / max) * parts) - 1));
}

/**
 * The strongest entry of each sequence, of the `count` strongest sequences, strongest first; ties keep
 * token order.
 */
export function strongest({ token, value }: Entries, length: number, count: number): number[] {
  const best: number[] = [];
  const consider = (entry: number) => {
    if (best.length === count && value[entry]! <= value[best[count - 1]!]!) return;
    let at = best.length;
    while (at > 0 && value[best[at - 1]!]! < value[entry]!) at--;
    best.splice(at, 0, entry);
    if (best.length > count) best.pop();
  };
  let candidate = 0;
  let end = sequenceEnd(token[0]!, length);
  for (let i = 1; i < token.length; i++) {
    if (token[i]! >= end) {
      consider(candidate);
      candidate = i;
      end = sequenceEnd(token[i]!, length);
    } else if (value[i]! > value[candidate]!) candidate = i;
  }
  consider(candidate);
  return best;
}

function sequenceEnd(token: number, length: number): number {
  return (Math.floor(token / length) + 1) * length;
}

/**
 * How many entries lie in each of some equal-width bands of (0, max], and at most `perBand` of each,
 * drawn without replacement, in token order.
 */
export function drawFromBands(
  { value }: Entries,
  max: number,
  bands: number,
  perBand: number,
  random: RandomStream,
): { count: number; chosen: number[] }[] {
  const band = new Uint8Array(value.length);
  const counts = new Int32Array(bands);
  for (let i = 0; i < value.length; i++) {
    band[i] = bandOf(value[i]!, max, bands);
    counts[band[i]!]!++;
  }
  const ranks = Array.from(counts, (count) => drawRandom(count, perBand, random));
  const seen = new Int32Array(bands);
  const chosen = Array.from({ length: bands }, (): number[] => []);
  for (let i = 0; i < value.length; i++) {
    const of = band[i]!;
    if (ranks[of]![chosen[of]!.length] === seen[of]!++) chosen[of]!.push(i);
  }
  return chosen.map((entries, of) => ({ count: counts[of]!, chosen: entries }));
}

/** At most `count` of the numbers 0 … total - 1, without replacement (Floyd 1987), rising. */
export function drawRandom(total: number, count: number, random: RandomStream): number[] {
  const chosen = new Set<number>();
  for (let last = Math.max(0, total - count); last < total; last++) {
    const drawn = random.below(last + 1);
    chosen.add(chosen.has(drawn) ? last : drawn);
  }
  return [...chosen].sort((a, b) => a - b);
}
