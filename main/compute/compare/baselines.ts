import type { Engine } from '../engine.ts';
import type { FeatureMajor } from '../features/activation-store.ts';
import { RandomStream, streams } from '../random.ts';

/** Directions drawn as the side that looks for partners. */
const probes = 1000;

/**
 * Largest cosine of a random direction of R^d with `n` independent random directions, for `probes`
 * draws: what best matches look like when there is nothing to find. Near sqrt(2 ln n / d).
 */
export function randomBestCosines(
  engine: Engine,
  n: number,
  d: number,
  seed: number,
): Float64Array {
  const directions = (count: number, substream: number) => {
    const normals = new RandomStream(seed, streams.comparison, substream).normals(count * d);
    const raw = engine.floats(normals, [count, d]);
    const { y, norms } = engine.normaliseRows(raw);
    engine.dispose(raw, norms);
    return y;
  };
  const looking = directions(probes, 1);
  const best = new Float64Array(probes).fill(-1);
  // The found side is drawn in parts, so that no more than a part of it is ever in memory.
  const part = Math.min(n, 4096);
  for (let start = 0; start < n; start += part) {
    const found = directions(Math.min(part, n - start), 2 + start / part);
    const products = engine.matmul(looking, found, { transB: true });
    const top = engine.topK(products, 1);
    engine.read(top.values).forEach((value, i) => (best[i] = Math.max(best[i]!, value)));
    engine.dispose(found, products, top.values, top.indices);
  }
  engine.dispose(looking);
  return best;
}

/**
 * The same activations with whole sequences in another order: every feature keeps its counts, values
 * and place in the sequence, and loses its tie to the tokens. Similarities to it are the null.
 * @param length of the sequences
 */
export function shuffledSequences(
  activations: FeatureMajor,
  length: number,
  seed: number,
): FeatureMajor {
  const { latents, tokens, pointers } = activations;
  const order = new RandomStream(seed, streams.comparison, 1 << 20).permutation(
    Math.floor(tokens / length),
  );
  const token = new Int32Array(activations.token.length);
  const value = new Float32Array(activations.value.length);
  for (let feature = 0; feature < latents; feature++) {
    const [from, to] = [pointers[feature]!, pointers[feature + 1]!];
    const count = to - from;
    // A key that sorts by token and still tells which entry it was.
    const keys = Float64Array.from({ length: count }, (_, i) => {
      const at = activations.token[from + i]!;
      const sequence = Math.floor(at / length);
      const moved = sequence < order.length ? order[sequence]! : sequence;
      return (moved * length + (at % length)) * count + i;
    }).sort();
    keys.forEach((key, i) => {
      token[from + i] = Math.floor(key / count);
      value[from + i] = activations.value[from + (key % count)]!;
    });
  }
  return { latents, tokens, pointers, token, value };
}
