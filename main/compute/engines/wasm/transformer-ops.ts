import type { AttentionShape, Engine } from '../../engine.ts';
import { attentionSizes, matrix, misfit, requireEqualShapes } from '../checks.ts';
import {
  requireIndices,
  requireInside,
  requireKind,
  requireVector,
  rotationSizes,
} from '../checks.ts';
import type { WasmStore } from './store.ts';

type TransformerOps = Pick<
  Engine,
  'gather' | 'scatterAddInto' | 'rotate' | 'attention' | 'attentionGradient'
>;

/** Queries and keys of a block in kernels/attention.ts. */
const block = 96;
/** Columns of a task when rows are added up by their numbers. */
const scatterColumns = 64;

/** What the attention kernels need of scratch per thread for this head width, in whole lines. */
function attentionScratch(width: number): number {
  const gaps = 16 * 64;
  const packed = 4 * block * Math.ceil(width / 8) * 8 + gaps * (1 + Math.floor(width / block));
  return 5 * packed + 4 * (4 * block * block + gaps) + 4096;
}

/** Embedding rows and causal attention. */
export function transformerOps(store: WasmStore): TransformerOps {
  const { at } = store.addresses();

  function runAttention(
    kernel: 'attention' | 'attentionGradient',
    tasks: number,
    operands: number[],
    shape: AttentionShape,
    width: number,
  ): void {
    const { length, keyLength = length, heads, keyHeads, scale } = shape;
    // No key is further away than there are keys, and a cap of 0 is none.
    const { window = keyLength, softCap = 0 } = shape;
    const bytes = attentionScratch(width);
    store.lend(bytes * store.pool.threads, (scratch) => {
      const sizes = [length, keyLength, heads, keyHeads, width, scale];
      sizes.push(Math.min(window, keyLength), softCap);
      store.run(kernel, tasks, 1, ...operands, ...sizes, scratch, bytes);
    });
  }

  return {
    gather(table, ids) {
      const { rows, columns } = matrix('gather', table);
      requireKind('gather', 'int', ids);
      if (ids.shape.length !== 1) throw misfit('gather', 'ids must be a vector', ids);
      requireInside('gather', store.ints(ids), rows);
      const out = store.create([ids.size, columns]);
      store.runRows('gatherRows', ids.size, columns, at(table), at(ids), at(out), columns);
      return out;
    },
    scatterAddInto(out, ids, x) {
      const { rows, columns } = matrix('scatterAddInto', out);
      const source = matrix('scatterAddInto', x);
      if (source.columns !== columns)
        throw misfit('scatterAddInto', 'rows must have equal lengths', out, x);
      requireIndices('scatterAddInto', 'ids', ids, source.rows);
      store.handles.requireApart('scatterAddInto', out, x);
      requireInside('scatterAddInto', store.ints(ids), rows);
      const operands = [at(out), at(ids), at(x)];
      store.run('scatterAddColumns', columns, scatterColumns, ...operands, source.rows, columns);
    },
    rotate(x, cosines, sines, { heads, inverse = false }) {
      const { rows, length, half, width } = rotationSizes(x, cosines, sines, heads);
      const out = store.create(x.shape);
      const operands = [at(x), at(cosines), at(sines), at(out)];
      const sizes = [length, heads, width, half, inverse ? -1 : 1];
      store.runRows('rotateRows', rows, heads * width, ...operands, ...sizes);
      return out;
    },
    attention(q, k, v, shape) {
      const { rows, width } = attentionSizes('attention', shape, q, k, v);
      const y = store.create(q.shape);
      const logSum = store.create([rows * shape.heads]);
      const tasks = Math.ceil(shape.length / block) * shape.heads * shape.sequences;
      const operands = [at(q), at(k), at(v), at(y), at(logSum)];
      runAttention('attention', tasks, operands, shape, width);
      return { y, logSum };
    },
    attentionGradient(q, k, v, y, logSum, dy, shape) {
      const { rows, width } = attentionSizes('attentionGradient', shape, q, k, v);
      requireEqualShapes('attentionGradient', q, y, dy);
      requireVector('attentionGradient', 'logSum', logSum, rows * shape.heads);
      const [dq, dk, dv] = [store.zeros(q.shape), store.zeros(k.shape), store.zeros(v.shape)];
      const operands = [at(q), at(k), at(v), at(y), at(logSum), at(dy), at(dq), at(dk), at(dv)];
      const tasks = shape.keyHeads * shape.sequences;
      runAttention('attentionGradient', tasks, operands, shape, width);
      return { dq, dk, dv };
    },
  };
}
