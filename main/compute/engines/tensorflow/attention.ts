import type { AttentionShape } from '../../engine.ts';
import type { RawOps } from './raw-ops.ts';
import type { TensorflowStore, Value } from './store.ts';

/**
 * Causal attention of some sequences through batched products. Queries of the heads that share a key
 * head are stacked: q is [sequences, key heads, group * length, width], k and v are
 * [sequences, key heads, key length, width].
 */
export class AttentionLayout {
  readonly #ops: RawOps;
  readonly #shape: AttentionShape;
  readonly #width: number;
  readonly #mask: Value | undefined;

  constructor(ops: RawOps, shape: AttentionShape, width: number, mask: Value | undefined) {
    this.#ops = ops;
    this.#shape = shape;
    this.#width = width;
    this.#mask = mask;
  }

  get #sizes() {
    const { length, keyLength = length, heads, keyHeads } = this.#shape;
    return { length, keyLength, keyHeads, group: heads / keyHeads };
  }

  /** Rows of queries [sequences * length, heads * columns], stacked. */
  stackQueries(x: Value, columns = this.#width): Value {
    const { length, keyHeads, group } = this.#sizes;
    const ops = this.#ops;
    const split = ops.reshape(x, [x.shape[0]! / length, length, keyHeads, group, columns]);
    const turned = ops.transpose(split, [0, 2, 3, 1, 4]);
    return ops.reshape(turned, [x.shape[0]! / length, keyHeads, group * length, columns]);
  }

  /** The reverse of stackQueries. */
  unstackQueries(x: Value, columns = this.#width): Value {
    const { length, keyHeads, group } = this.#sizes;
    const ops = this.#ops;
    const sequences = x.shape[0]!;
    const split = ops.reshape(x, [sequences, keyHeads, group, length, columns]);
    const turned = ops.transpose(split, [0, 3, 1, 2, 4]);
    return ops.reshape(turned, [sequences * length, keyHeads * group * columns]);
  }

  stackKeys(x: Value): Value {
    const { keyLength, keyHeads } = this.#sizes;
    const ops = this.#ops;
    const split = ops.reshape(x, [x.shape[0]! / keyLength, keyLength, keyHeads, this.#width]);
    return ops.transpose(split, [0, 2, 1, 3]);
  }

  unstackKeys(x: Value): Value {
    const { keyLength, keyHeads } = this.#sizes;
    const ops = this.#ops;
    const turned = ops.transpose(x, [0, 2, 1, 3]);
    return ops.reshape(turned, [x.shape[0]! * keyLength, keyHeads * this.#width]);
  }

  /** Scores of stacked queries and keys, -infinity where a query does not see the key; and the bounded part. */
  scores(q: Value, k: Value): { scores: Value; bounded: Value | undefined } {
    const ops = this.#ops;
    const { scale, softCap } = this.#shape;
    const raw = ops.products(q, k, false, true);
    if (softCap === undefined)
      return { scores: this.#hide(ops.scale(raw, scale)), bounded: undefined };
    const bounded = ops.call('Tanh', [ops.scale(raw, scale / softCap)]);
    return { scores: this.#hide(ops.scale(bounded, softCap)), bounded };
  }

  #hide(scores: Value): Value {
    if (!this.#mask) return scores;
    const ops = this.#ops;
    const { length, keyLength, keyHeads, group } = this.#sizes;
    const split = ops.reshape(scores, [scores.shape[0]!, keyHeads, group, length, keyLength]);
    return ops.reshape(ops.add(split, this.#mask), scores.shape);
  }
}

/**
 * What is added to scores [length, keyLength]: 0 where a query sees the key, else -infinity.
 * Undefined where every query sees every key.
 */
export function attentionMask(store: TensorflowStore, shape: AttentionShape): Value | undefined {
  const { length, keyLength = length, window = keyLength } = shape;
  if (length === 1 && window >= keyLength) return undefined;
  const mask = new Float32Array(length * keyLength);
  for (let i = 0; i < length; i += 1) {
    const end = keyLength - length + i + 1;
    mask.fill(-Infinity, i * keyLength + end, (i + 1) * keyLength);
    mask.fill(-Infinity, i * keyLength, i * keyLength + Math.max(0, end - window));
  }
  return store.upload(mask, [length, keyLength]);
}
