import type { Neighbours } from '../features/directions.ts';

/** Undirected edges of a neighbourhood graph, each once, `from` < `to`. */
export interface NeighbourGraph {
  readonly points: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** In (0, 1]: how far the two count as neighbours. */
  readonly weight: Float64Array;
}

const bisections = 64;
const tolerance = 1e-5;
const smallestScale = 1e-3;

/**
 * The fuzzy neighbourhood graph of UMAP (McInnes, Healy & Melville 2018, algorithms 2 and 3, with a
 * local connectivity of 1) over exact neighbours by cosine. The distance is 1 - cosine. As in umap-learn
 * each point counts among its own k neighbours, so that `neighbours` holds k - 1 others.
 */
export function neighbourGraph({ k, index, cosine }: Neighbours): NeighbourGraph {
  const points = k === 0 ? 0 : index.length / k;
  const distances = Float64Array.from(cosine, (value) => Math.max(0, 1 - value));
  const overall = meanOf(distances) * (k / (k + 1));
  const directed = new Float64Array(points * k);
  for (let point = 0; point < points; point++) {
    const own = distances.subarray(point * k, (point + 1) * k);
    const nearest = own.find((distance) => distance > 0) ?? 0;
    const scale = scaleOf(own, nearest, overall);
    own.forEach((distance, rank) => {
      const beyond = distance - nearest;
      directed[point * k + rank] = beyond <= 0 ? 1 : Math.exp(-beyond / scale);
    });
  }
  return unite(points, k, index, directed);
}

/** The scale at which the memberships of a point and its neighbours sum to log2 of their number. */
function scaleOf(distances: Float64Array, nearest: number, overall: number): number {
  const target = Math.log2(distances.length + 1);
  let [low, high, middle] = [0, Infinity, 1];
  for (let step = 0; step < bisections; step++) {
    let sum = 0;
    for (const distance of distances) {
      const beyond = distance - nearest;
      sum += beyond > 0 ? Math.exp(-beyond / middle) : 1;
    }
    if (Math.abs(sum - target) < tolerance) break;
    if (sum > target) {
      high = middle;
      middle = (low + high) / 2;
    } else {
      low = middle;
      middle = high === Infinity ? middle * 2 : (low + high) / 2;
    }
  }
  const mean =
    nearest > 0 ? meanOf(distances) * (distances.length / (distances.length + 1)) : overall;
  return Math.max(middle, smallestScale * mean);
}

/** Fuzzy union of both directions: a + b - ab. */
function unite(
  points: number,
  k: number,
  index: Int32Array,
  directed: Float64Array,
): NeighbourGraph {
  const from: number[] = [];
  const to: number[] = [];
  const weight: number[] = [];
  for (let point = 0; point < points; point++) {
    for (let rank = 0; rank < k; rank++) {
      const other = index[point * k + rank]!;
      const there = directed[point * k + rank]!;
      const at = index.subarray(other * k, (other + 1) * k).indexOf(point);
      // An edge that both ends know is taken at its smaller end.
      if (at >= 0 && other < point) continue;
      const back = at < 0 ? 0 : directed[other * k + at]!;
      const together = there + back - there * back;
      if (together <= 0) continue;
      from.push(Math.min(point, other));
      to.push(Math.max(point, other));
      weight.push(together);
    }
  }
  return {
    points,
    from: Int32Array.from(from),
    to: Int32Array.from(to),
    weight: Float64Array.from(weight),
  };
}

function meanOf(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
