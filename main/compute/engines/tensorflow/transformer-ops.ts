import type { AttentionShape, Engine, Tensor } from '../../engine.ts';
import { attentionSizes, matrix, misfit, requireEqualShapes } from '../checks.ts';
import {
  requireIndices,
  requireInside,
  requireKind,
  requireVector,
  rotationSizes,
} from '../checks.ts';
import { AttentionLayout, attentionMask } from './attention.ts';
import type { RawOps } from './raw-ops.ts';
import type { TensorflowStore, Value } from './store.ts';

type TransformerOps = Pick<
  Engine,
  'gather' | 'scatterAddInto' | 'rotate' | 'attention' | 'attentionGradient'
>;

/** Scores that exist at a time: sequences are taken in groups, so that memory does not grow with them. */
const scoreBlock = 1 << 24;
const scoreBlockOnGpu = 1 << 27;

/** Embedding rows and causal attention. */
export function transformerOps(store: TensorflowStore): TransformerOps {
  /**
   * Calls `work` for groups of sequences with the layout and the operands' rows of the group (those of
   * `queries` have `length` rows per sequence, those of `keys` have `keyLength`), and answers what it
   * makes, joined.
   */
  function inGroups(
    shape: AttentionShape,
    width: number,
    queries: readonly Tensor[],
    keys: readonly Tensor[],
    work: (ops: RawOps, layout: AttentionLayout, queries: Value[], keys: Value[]) => Value[],
  ): Tensor[] {
    const { sequences, length, keyLength = length, heads } = shape;
    const block = store.onGpu ? scoreBlockOnGpu : scoreBlock;
    const perGroup = Math.max(1, Math.floor(block / Math.max(1, heads * length * keyLength)));
    return store.run((ops) => {
      const mask = attentionMask(store, shape);
      if (mask) ops.adopt(mask);
      const parts: Value[][] = [];
      for (let start = 0; start < Math.max(1, sequences); start += perGroup) {
        const end = Math.min(sequences, start + perGroup);
        const group = { ...shape, sequences: end - start };
        const part = (rows: number) => (tensor: Tensor) =>
          ops.part(ops.at(tensor), start * rows, end * rows);
        parts.push(
          store.run((inner) => {
            const layout = new AttentionLayout(inner, group, width, mask);
            const made = work(inner, layout, queries.map(part(length)), keys.map(part(keyLength)));
            return made.map((value) => ops.adopt(inner.release(value)));
          }),
        );
      }
      return parts[0]!.map((_, i) =>
        ops.keep(
          ops.concat(
            parts.map((made) => made[i]!),
            0,
          ),
        ),
      );
    });
  }

  return {
    gather(table, ids) {
      const { rows } = matrix('gather', table);
      requireKind('gather', 'int', ids);
      if (ids.shape.length !== 1) throw misfit('gather', 'ids must be a vector', ids);
      requireInside('gather', store.ints(ids), rows);
      return store.run((ops) => ops.keep(ops.gather(ops.at(table), ops.at(ids))));
    },
    scatterAddInto(out, ids, x) {
      const { rows, columns } = matrix('scatterAddInto', out);
      const source = matrix('scatterAddInto', x);
      if (source.columns !== columns)
        throw misfit('scatterAddInto', 'rows must have equal lengths', out, x);
      requireIndices('scatterAddInto', 'ids', ids, source.rows);
      store.handles.requireApart('scatterAddInto', out, x);
      requireInside('scatterAddInto', store.ints(ids), rows);
      store.run((ops) => {
        const operands = [ops.at(out), ops.column(ops.at(ids)), ops.at(x)];
        ops.put(out, ops.call('TensorScatterAdd', operands));
      });
    },
    rotate(x, cosines, sines, { heads, inverse = false }) {
      const { rows, length, half, width } = rotationSizes(x, cosines, sines, heads);
      return store.run((ops) => {
        const input = ops.at(x);
        if (x.size === 0 || half === 0) return ops.keep(ops.call('Identity', [input]));
        const sequences = rows / length;
        const split = ops.reshape(input, [sequences, length, heads, width]);
        const columns = (start: number, count: number) =>
          ops.slice(split, [0, 0, 0, start], [sequences, length, heads, count]);
        const [low, high] = [columns(0, half), columns(half, half)];
        const [cos, sin] = [cosines, sines].map((table) =>
          ops.reshape(ops.at(table), [1, length, 1, half]),
        ) as [Value, Value];
        const turn = ops.scale(sin, inverse ? -1 : 1);
        const parts = [
          ops.subtract(ops.multiply(low, cos), ops.multiply(high, turn)),
          ops.add(ops.multiply(high, cos), ops.multiply(low, turn)),
        ];
        if (width > 2 * half) parts.push(columns(2 * half, width - 2 * half));
        return ops.keep(ops.reshape(ops.concat(parts, 3), x.shape));
      });
    },
    attention(q, k, v, shape) {
      const { rows, width } = attentionSizes('attention', shape, q, k, v);
      const made = inGroups(shape, width, [q], [k, v], (ops, layout, [queries], [keys, values]) => {
        const { scores } = layout.scores(layout.stackQueries(queries!), layout.stackKeys(keys!));
        const largest = ops.largest(scores, 3, true);
        const shares = ops.exp(ops.subtract(scores, largest));
        const totals = ops.sum(shares, 3, true);
        const sums = ops.products(shares, layout.stackKeys(values!));
        const logSum = ops.add(ops.call('Log', [totals]), largest);
        return [layout.unstackQueries(ops.divide(sums, totals)), layout.unstackQueries(logSum, 1)];
      });
      const [y, logSum] = made as [Tensor, Tensor];
      const flat = store.handles.view(logSum, [rows * shape.heads]);
      store.handles.dispose([logSum]);
      return { y, logSum: flat };
    },
    attentionGradient(q, k, v, y, logSum, dy, shape) {
      const { rows, width } = attentionSizes('attentionGradient', shape, q, k, v);
      requireEqualShapes('attentionGradient', q, y, dy);
      requireVector('attentionGradient', 'logSum', logSum, rows * shape.heads);
      const totals = store.handles.view(logSum, [rows, shape.heads]);
      try {
        const operands = [q, y, dy, totals];
        const made = inGroups(shape, width, operands, [k, v], (ops, layout, queries, keys) => {
          const [qs, ys, dys] = queries.slice(0, 3).map((each) => layout.stackQueries(each));
          const [ks, vs] = keys.map((each) => layout.stackKeys(each));
          const { scores, bounded } = layout.scores(qs!, ks!);
          const shares = ops.exp(ops.subtract(scores, layout.stackQueries(queries[3]!, 1)));
          const along = ops.sum(ops.multiply(dys!, ys!), 3, true);
          const slopes = ops.subtract(ops.products(dys!, vs!, false, true), along);
          let through = ops.scale(ops.multiply(shares, slopes), shape.scale);
          if (bounded) {
            const bend = ops.subtract(ops.number(1), ops.square(bounded));
            through = ops.multiply(through, bend);
          }
          return [
            layout.unstackQueries(ops.products(through, ks!)),
            layout.unstackKeys(ops.products(through, qs!, true)),
            layout.unstackKeys(ops.products(shares, dys!, true)),
          ];
        });
        const [dq, dk, dv] = made as [Tensor, Tensor, Tensor];
        return { dq, dk, dv };
      } finally {
        store.handles.dispose([totals]);
      }
    },
  };
}
