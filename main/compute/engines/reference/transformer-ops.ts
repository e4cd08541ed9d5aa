import type { AttentionShape, Engine } from '../../engine.ts';
import { attentionSizes, matrix, requireEqualShapes, requireIndices } from '../checks.ts';
import { requireInside, requireKind, requireVector, rotationSizes } from '../checks.ts';
import { misfit } from '../checks.ts';
import type { ReferenceStore } from './store.ts';

type TransformerOps = Pick<
  Engine,
  'gather' | 'scatterAddInto' | 'rotate' | 'attention' | 'attentionGradient'
>;

/** Embedding rows and causal attention, with every score row computed in full. */
export function transformerOps(store: ReferenceStore): TransformerOps {
  /**
   * Calls `f` for each query row and head with the offsets of its q (and y, dy) row, the k and v
   * row of position t, and the positions that it sees, from `first` up to `end`.
   */
  function eachQuery(
    { sequences, length, keyLength = length, heads, keyHeads, window = keyLength }: AttentionShape,
    width: number,
    f: (
      query: number,
      head: number,
      at: number,
      key: (t: number) => number,
      first: number,
      end: number,
    ) => void,
  ): void {
    for (let s = 0; s < sequences; s += 1)
      for (let i = 0; i < length; i += 1)
        for (let h = 0; h < heads; h += 1) {
          const query = s * length + i;
          const keyHead = Math.floor(h / (heads / keyHeads));
          const key = (t: number) => ((s * keyLength + t) * keyHeads + keyHead) * width;
          const end = keyLength - length + i + 1;
          f(query, h, (query * heads + h) * width, key, Math.max(0, end - window), end);
        }
  }

  function dot(a: Float64Array, from: number, b: Float64Array, at: number, width: number): number {
    let sum = 0;
    for (let e = 0; e < width; e += 1) sum += a[from + e]! * b[at + e]!;
    return sum;
  }

  /** A score and its slope with respect to the product of query and key. */
  function scoreOf(product: number, { scale, softCap }: AttentionShape): [number, number] {
    if (softCap === undefined) return [scale * product, scale];
    const bounded = Math.tanh((scale * product) / softCap);
    return [softCap * bounded, scale * (1 - bounded * bounded)];
  }

  return {
    gather(table, ids) {
      const { rows, columns } = matrix('gather', table);
      requireKind('gather', 'int', ids);
      if (ids.shape.length !== 1) throw misfit('gather', 'ids must be a vector', ids);
      const [numbers, list] = [store.floats(table), store.ints(ids)];
      requireInside('gather', list, rows);
      const { tensor, out } = store.create([ids.size, columns]);
      list.forEach((id, i) =>
        out.set(numbers.subarray(id * columns, (id + 1) * columns), i * columns),
      );
      return tensor;
    },
    scatterAddInto(out, ids, x) {
      const { rows, columns } = matrix('scatterAddInto', out);
      const source = matrix('scatterAddInto', x);
      if (source.columns !== columns)
        throw misfit('scatterAddInto', 'rows must have equal lengths', out, x);
      requireIndices('scatterAddInto', 'ids', ids, source.rows);
      store.handles.requireApart('scatterAddInto', out, x);
      const [sums, list, xs] = [store.floats(out), store.ints(ids), store.floats(x)];
      requireInside('scatterAddInto', list, rows);
      list.forEach((id, i) => {
        for (let j = 0; j < columns; j += 1) sums[id * columns + j]! += xs[i * columns + j]!;
      });
    },
    rotate(x, cosines, sines, { heads, inverse = false }) {
      const { rows, length, half, width } = rotationSizes(x, cosines, sines, heads);
      const [cos, sin] = [store.floats(cosines), store.floats(sines)];
      const out = Float64Array.from(store.floats(x));
      for (let i = 0; i < rows; i += 1)
        for (let start = i * heads * width; start < (i + 1) * heads * width; start += width)
          for (let j = 0; j < half; j += 1) {
            const entry = (i % length) * half + j;
            const [c, s] = [cos[entry]!, inverse ? -sin[entry]! : sin[entry]!];
            const [low, high] = [out[start + j]!, out[start + half + j]!];
            out[start + j] = low * c - high * s;
            out[start + half + j] = high * c + low * s;
          }
      return store.wrap(out, x.shape);
    },
    attention(q, k, v, shape) {
      const { rows, width } = attentionSizes('attention', shape, q, k, v);
      const [qs, ks, vs] = [store.floats(q), store.floats(k), store.floats(v)];
      const y = store.create(q.shape);
      const logSum = store.create([rows * shape.heads]);
      eachQuery(shape, width, (query, head, at, key, first, end) => {
        const scores = Array.from(
          { length: end - first },
          (_, seen) => scoreOf(dot(qs, at, ks, key(first + seen), width), shape)[0],
        );
        const largest = Math.max(...scores);
        const total = scores.reduce((sum, score) => sum + Math.exp(score - largest), 0);
        const logTotal = largest + Math.log(total);
        logSum.out[query * shape.heads + head] = logTotal;
        scores.forEach((score, seen) => {
          const share = Math.exp(score - logTotal);
          for (let e = 0; e < width; e += 1) y.out[at + e]! += share * vs[key(first + seen) + e]!;
        });
      });
      return { y: y.tensor, logSum: logSum.tensor };
    },
    attentionGradient(q, k, v, y, logSum, dy, shape) {
      const { rows, width } = attentionSizes('attentionGradient', shape, q, k, v);
      requireEqualShapes('attentionGradient', q, y, dy);
      requireVector('attentionGradient', 'logSum', logSum, rows * shape.heads);
      const [qs, ks, vs] = [store.floats(q), store.floats(k), store.floats(v)];
      const [ys, dys, logTotals] = [store.floats(y), store.floats(dy), store.floats(logSum)];
      const [dq, dk, dv] = [store.create(q.shape), store.create(k.shape), store.create(v.shape)];
      eachQuery(shape, width, (query, head, at, key, first, end) => {
        const along = dot(dys, at, ys, at, width);
        for (let t = first; t < end; t += 1) {
          const from = key(t);
          const [score, scoreSlope] = scoreOf(dot(qs, at, ks, from, width), shape);
          const share = Math.exp(score - logTotals[query * shape.heads + head]!);
          const slope = scoreSlope * share * (dot(dys, at, vs, from, width) - along);
          for (let e = 0; e < width; e += 1) {
            dq.out[at + e]! += slope * ks[from + e]!;
            dk.out[from + e]! += slope * qs[at + e]!;
            dv.out[from + e]! += share * dys[at + e]!;
          }
        }
      });
      return { dq: dq.tensor, dk: dk.tensor, dv: dv.tensor };
    },
  };
}
