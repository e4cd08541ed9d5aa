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

/** What directions do to the logits of the next token. */
export interface DirectionLogits {
  readonly promoted: Neighbours;
  readonly suppressed: Neighbours;
  /** [n, bins]: logits of all tokens in equal bins between the two ends of `range` [n, 2]. */
  readonly histogram: Int32Array;
  readonly range: Float32Array;
}

/**
 * The effect of directions on the logits: each, centred (under layer norm) and scaled by the final
 * norm's gain as the norm would, times the unembedding; the norm's division by the stream's spread is
 * left out, so only order and relative size mean something. The k tokens that are promoted and
 * suppressed most, and the histogram of all logits.
 * @param directions [n, d]
 */
export function logitsOfDirections(
  engine: Engine,
  directions: Tensor,
  { config, weights }: Pick<Transformer, 'config' | 'weights'>,
  k: number,
  bins: number,
): DirectionLogits {
  const { norm, unembedding } = weights.readout;
  const centred =
    config.norm === 'layer' ? centredRows(engine, directions) : engine.clone(directions);
  const scaled = norm.gain ? engine.multiply(centred, norm.gain) : engine.clone(centred);
  const n = directions.shape[0]!;
  const vocabulary = unembedding.shape[0]!;
  const count = Math.min(k, vocabulary);
  const promoted = emptyNeighbours(n, count);
  const suppressed = emptyNeighbours(n, count);
  const histogram = new Int32Array(n * bins);
  const range = new Float32Array(n * 2);
  forProducts(engine, scaled, unembedding, (logits, start, end) => {
    const negated = engine.scale(logits, -1);
    keepTop(engine, logits, promoted, start);
    keepTop(engine, negated, suppressed, start);
    const values = engine.read(logits);
    for (let row = start; row < end; row++) {
      const from = (row - start) * vocabulary;
      const most = promoted.cosine[row * count]!;
      const least = -suppressed.cosine[row * count]!;
      const perLogit = bins / Math.max(most - least, Number.MIN_VALUE);
      range.set([least, most], row * 2);
      for (let i = from; i < from + vocabulary; i++)
        histogram[row * bins + Math.min(bins - 1, ((values[i]! - least) * perLogit) | 0)]!++;
    }
    engine.dispose(negated);
  });
  suppressed.cosine.forEach((value, i) => (suppressed.cosine[i] = -value));
  engine.dispose(centred, scaled);
  return { promoted, suppressed, histogram, range };
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
  const top = emptyNeighbours(a.shape[0]!, Math.min(k, b.shape[0]!));
  forProducts(engine, a, b, (products, start) => keepTop(engine, products, top, start));
  return top;
}

/** Products of the rows of a with those of b, [end - start, m] at a time. */
function forProducts(
  engine: Engine,
  a: Tensor,
  b: Tensor,
  use: (products: Tensor, start: number, end: number) => void,
): void {
  const n = a.shape[0]!;
  const chunk = Math.max(1, Math.floor(chunkEntries / b.shape[0]!));
  for (let start = 0; start < n; start += chunk) {
    const end = Math.min(n, start + chunk);
    const part = engine.rows(a, start, end);
    const products = engine.matmul(part, b, { transB: true });
    use(products, start, end);
    engine.dispose(part, products);
  }
}

function emptyNeighbours(n: number, k: number): Neighbours {
  return { k, index: new Int32Array(n * k), cosine: new Float32Array(n * k) };
}

/** The largest of each row of a product, as rows `start` onwards. */
function keepTop(
  engine: Engine,
  products: Tensor,
  { k, index, cosine }: Neighbours,
  start: number,
) {
  const { values, indices } = engine.topK(products, k);
  index.set(engine.readInts(indices), start * k);
  cosine.set(engine.read(values), start * k);
  engine.dispose(values, indices);
}
