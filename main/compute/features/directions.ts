import type { Engine, Tensor } from '../engine.ts';
import type { Transformer } from '../model/transformer.ts';

/** The k best partners of each latent: indices and cosines, [n, k] row-major, best first. */
export interface Neighbours {
  readonly k: number;
  readonly index: Int32Array;
  readonly cosine: Float32Array;
}

/** Rows of a product that exist at a time: n by n never does. */
const chunkEntries = 1 << 22;

/**
 * Nearest other rows of a matrix by cosine, exactly.
 * @param unit [n, d] with rows of unit length
 */
export function nearestRows(engine: Engine, unit: Tensor, k: number): Neighbours {
  const n = unit.shape[0]!;
  // One more is asked for, since each row is its own best partner.
  const found = bestMatches(engine, unit, unit, Math.min(n, k + 1));
  const kept = Math.max(0, Math.min(k, n - 1));
  const index = new Int32Array(n * kept);
  const cosine = new Float32Array(n * kept);
  for (let row = 0; row < n; row++) {
    let out = 0;
    for (let rank = 0; rank < found.k && out < kept; rank++) {
      const partner = found.index[row * found.k + rank]!;
      if (partner === row) continue;
      index[row * kept + out] = partner;
      cosine[row * kept + out] = found.cosine[row * found.k + rank]!;
      out++;
    }
  }
  return { k: kept, index, cosine };
}

/**
 * For each row of a [n, d] the k rows of b [m, d] with the largest cosine, with replacement; both
 * with rows of unit length.
 */
export function bestMatches(engine: Engine, a: Tensor, b: Tensor, k: number): Neighbours {
  return topProducts(engine, a, b, k);
}

/**
 * The k tokens that each decoder direction promotes most: the direction, centred (under layer norm)
 * and scaled by the final norm's gain as the norm would, times the unembedding; the norm's division
 * by the stream's spread is left out, so only order and relative size mean something. Negate `directions` for the
 * tokens that are suppressed most.
 * @param directions [n, d]
 */
export function promotedTokens(
  engine: Engine,
  directions: Tensor,
  { config, weights }: Pick<Transformer, 'config' | 'weights'>,
  k: number,
): Neighbours {
  const { norm, unembedding } = weights.readout;
  const centred =
    config.norm === 'layer' ? centredRows(engine, directions) : engine.clone(directions);
  const scaled = norm.gain ? engine.multiply(centred, norm.gain) : engine.clone(centred);
  const top = topProducts(engine, scaled, unembedding, k);
  engine.dispose(centred, scaled);
  return top;
}

function centredRows(engine: Engine, x: Tensor): Tensor {
  const d = x.shape[1]!;
  const averaging = engine.floats(new Float64Array(d * d).fill(1 / d), [d, d]);
  const means = engine.matmul(x, averaging);
  const centred = engine.subtract(x, means);
  engine.dispose(averaging, means);
  return centred;
}

function topProducts(engine: Engine, a: Tensor, b: Tensor, k: number): Neighbours {
  const n = a.shape[0]!;
  const m = b.shape[0]!;
  const count = Math.min(k, m);
  const index = new Int32Array(n * count);
  const cosine = new Float32Array(n * count);
  const chunk = Math.max(1, Math.floor(chunkEntries / m));
  for (let start = 0; start < n; start += chunk) {
    const end = Math.min(n, start + chunk);
    const part = engine.rows(a, start, end);
    const products = engine.matmul(part, b, { transB: true });
    const { values, indices } = engine.topK(products, count);
    index.set(engine.readInts(indices), start * count);
    cosine.set(engine.read(values), start * count);
    engine.dispose(part, products, values, indices);
  }
  return { k: count, index, cosine };
}
