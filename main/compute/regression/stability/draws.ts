import { FastRandom } from '../../fast-random.ts';
import { streams } from '../../random.ts';

/** The columns of refit `number`: each is in with probability 1/2, and at least one is. */
export function drawSubset(seed: number, number: number, columns: number): number[] {
  const random = new FastRandom(seed, streams.stabilitySubset, number);
  for (;;) {
    const chosen: number[] = [];
    for (let j = 0; j < columns; j++) if (random.word() >= 0x80000000) chosen.push(j);
    if (chosen.length > 0) return chosen;
  }
}

/** Rows of split `number` in random order: the first `train` are fitted, the others tried. */
export function drawSplit(seed: number, number: number, rows: number): Uint32Array {
  return shuffle(new FastRandom(seed, streams.stabilitySplit, number), rows);
}

/** A random half of the rows. */
export function drawHalf(seed: number, number: number, rows: number): Uint32Array {
  const random = new FastRandom(seed, streams.stabilityHalf, number);
  return shuffle(random, rows)
    .slice(0, Math.floor(rows / 2))
    .sort();
}

/** Rows drawn with replacement, each once, with how often it came. */
export function drawBootstrap(
  seed: number,
  number: number,
  rows: number,
): { order: Uint32Array; weight: Float64Array } {
  return tally(new FastRandom(seed, streams.stabilityBootstrap, number), rows, rows);
}

/** For the power view: `n` rows drawn with replacement, one by one because outcomes are drawn, too. */
export function drawRows(
  seed: number,
  number: number,
  size: number,
  rows: number,
): { order: Uint32Array; uniform: () => number; normal: () => number } {
  const random = new FastRandom(seed, streams.stabilityPower, number);
  const order = new Uint32Array(size);
  for (let i = 0; i < size; i++) order[i] = random.below(rows);
  const uniform = () => (random.word() + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return { order, uniform, normal };
}

function tally(
  random: FastRandom,
  draws: number,
  rows: number,
): { order: Uint32Array; weight: Float64Array } {
  const times = new Uint32Array(rows);
  for (let i = 0; i < draws; i++) times[random.below(rows)]!++;
  const order = new Uint32Array(rows);
  const weight = new Float64Array(rows);
  let count = 0;
  for (let i = 0; i < rows; i++) {
    if (times[i] === 0) continue;
    order[count] = i;
    weight[count++] = times[i]!;
  }
  return { order: order.slice(0, count), weight: weight.slice(0, count) };
}

function shuffle(random: FastRandom, rows: number): Uint32Array {
  const order = Uint32Array.from({ length: rows }, (_, i) => i);
  for (let i = rows - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}
