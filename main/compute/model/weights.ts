import type { Engine, Tensor } from '../engine.ts';

/**
 * Weights of a decoder-only transformer in one form for all families; matrices are [in, out]. `T` is
 * a tensor of an engine, or numbers on their way there.
 */
export interface TransformerWeights<T = Tensor> {
  readonly embedding: EmbeddingWeights<T>;
  readonly blocks: readonly BlockWeights<T>[];
  readonly readout: ReadoutWeights<T>;
}

export interface EmbeddingWeights<T = Tensor> {
  /** [V, d] */
  readonly token: T;
  /** [context, d]; undefined where positions enter by rotation. */
  readonly position: T | undefined;
}

/** What turns the residual stream after the last block into logits. */
export interface ReadoutWeights<T = Tensor> {
  readonly norm: NormWeights<T>;
  /** [V, d]; the very token embedding where they are tied. */
  readonly unembedding: T;
  /** [V] */
  readonly bias: T | undefined;
}

/** Gain and bias of a norm; undefined where it has none, or where they were folded away. */
export interface NormWeights<T = Tensor> {
  readonly gain: T | undefined;
  readonly bias: T | undefined;
}

export interface LinearWeights<T = Tensor> {
  readonly weight: T;
  readonly bias: T | undefined;
}

export interface BlockWeights<T = Tensor> {
  readonly attentionNorm: NormWeights<T>;
  /** [d, heads * head width] */
  readonly query: LinearWeights<T>;
  /** [d, key heads * head width] */
  readonly key: LinearWeights<T>;
  readonly value: LinearWeights<T>;
  /** [heads * head width, d] */
  readonly output: LinearWeights<T>;
  readonly attentionPostNorm?: NormWeights<T> | undefined;
  readonly mlpNorm: NormWeights<T>;
  /** What is activated where the MLP is gated; otherwise `mlpIn` is. */
  readonly mlpGate?: LinearWeights<T> | undefined;
  readonly mlpIn: LinearWeights<T>;
  readonly mlpOut: LinearWeights<T>;
  readonly mlpPostNorm?: NormWeights<T> | undefined;
}

/** Numbers of one tensor, row-major, on their way from a file to an engine. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}

/**
 * The weights of a checkpoint, read piece by piece: a model is put on an engine one block at a time,
 * so that its numbers never lie in memory twice.
 */
export interface WeightSource {
  embedding(): EmbeddingWeights<HostTensor>;
  block(layer: number): BlockWeights<HostTensor>;
  /** `unembedding` is undefined where the token embedding is to be used. */
  readout(): Omit<ReadoutWeights<HostTensor>, 'unembedding'> & {
    readonly unembedding: HostTensor | undefined;
  };
}

/** Puts all weights on an engine. */
export function uploadWeights(
  engine: Engine,
  source: WeightSource,
  layers: number,
): TransformerWeights {
  const upload = ({ shape, values }: HostTensor): Tensor => engine.floats(values, shape);
  const embedding = mapTensors(source.embedding(), upload);
  const blocks = Array.from({ length: layers }, (_, layer) =>
    mapTensors(source.block(layer), upload),
  );
  const { unembedding, ...rest } = source.readout();
  return {
    embedding,
    blocks,
    readout: {
      ...mapTensors(rest, upload),
      unembedding: unembedding ? upload(unembedding) : embedding.token,
    },
  };
}

type Mapped<N> = N extends HostTensor
  ? Tensor
  : N extends object
    ? { [K in keyof N]: Mapped<N[K]> }
    : N;

/** The same tree with every tensor replaced. */
function mapTensors<N extends object>(node: N, upload: (tensor: HostTensor) => Tensor): Mapped<N> {
  if ('values' in node) return upload(node as unknown as HostTensor) as Mapped<N>;
  return Object.fromEntries(
    Object.entries(node).map(([key, child]) => [
      key,
      child === undefined ? undefined : mapTensors(child as object, upload),
    ]),
  ) as Mapped<N>;
}
