/**
 * The small tensor interface in which all SAE and transformer mathematics is written.
 *
 * Tensors are dense, row-major and immutable but for the operations whose name ends in `Into` or
 * `InPlace`, and `adamStep`. Every operation that returns a tensor returns a new one that the caller
 * owns and must dispose; `usage()` counts what is alive, so a leak is a number in a test. Operations
 * may be queued: only `read` and `readInts` promise that the work is done.
 *
 * Notation in the comments: r rows, c columns, n latents, d width, V vocabulary. Matrices are given
 * as [rows, columns]. Every operation throws AppError `shape-mismatch` for operands that do not fit.
 */

export type EngineName = 'reference' | 'wasm' | 'tensorflow';

export interface Tensor {
  readonly id: number;
  readonly shape: readonly number[];
  /** Product of the shape. */
  readonly size: number;
  /** `float` is the engine's precision; `int` is int32. */
  readonly kind: 'float' | 'int';
}

/**
 * A sparse matrix in compressed rows: the entries of row i are those at pointers[i] up to
 * pointers[i + 1]; indices rise within a row. The three tensors belong to the sparse matrix.
 */
export interface Sparse {
  readonly rows: number;
  readonly columns: number;
  /** Number of stored entries. */
  readonly count: number;
  /** int [rows + 1] */
  readonly pointers: Tensor;
  /** int [count] */
  readonly indices: Tensor;
  /** float [count] */
  readonly values: Tensor;
}

export interface EngineInfo {
  readonly name: EngineName;
  /** Device in words, such as `CPU, 2 threads, relaxed SIMD`. */
  readonly device: string;
  readonly version: string;
  readonly threads: number;
  readonly precision: 'float32' | 'float64';
  /**
   * Logits that it is worth to have at a time: few on a CPU, where they stay near, many on a GPU, where
   * each operation costs the same however small it is.
   */
  readonly logitEntries?: number;
}

export interface EngineUsage {
  /** Storages alive. Views count with the storage they look into. */
  readonly tensors: number;
  readonly bytes: number;
  readonly peakBytes: number;
}

export type Activation = 'relu' | 'gelu' | 'gelu_new' | 'silu';

/** Which operands of a product are used transposed, and a row [columns of the result] added to each row. */
export interface MatmulOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly bias?: Tensor;
}

export interface AttentionShape {
  /** Sequences. Rows of q are sequence-major: row = sequence * length + query. */
  readonly sequences: number;
  /** Queries of a sequence. */
  readonly length: number;
  /** Keys of a sequence, `length` by default; the queries are those of its last positions. */
  readonly keyLength?: number | undefined;
  readonly heads: number;
  /** Heads of k and v; a divisor of `heads`. */
  readonly keyHeads: number;
  /** Factor on the scores, usually 1 / sqrt(head width). */
  readonly scale: number;
  /** Positions that a query sees, its own included; all before it by default. */
  readonly window?: number | undefined;
  /** Bounds the scores: c tanh(score / c). No bound by default. */
  readonly softCap?: number | undefined;
}

/** Which columns of a row are turned. */
export interface RotationShape {
  readonly heads: number;
  /** Turns the other way: the gradient of a rotation. */
  readonly inverse?: boolean;
}

export interface AdamOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Number of this step, from 1. */
  readonly step: number;
  /** Factor on the gradient, for clipping. */
  readonly gradientScale: number;
}

/** Row-wise comparison of two next-token distributions; each tensor is [rows]. */
export interface LogitComparison {
  /** -log p(target); 0 where the target is negative (no target). */
  readonly crossEntropyP: Tensor;
  readonly crossEntropyQ: Tensor;
  /** sum_v p (log p - log q), in nats. */
  readonly klPQ: Tensor;
  /** sum_v q (log q - log p), in nats. */
  readonly klQP: Tensor;
  /** Total variation, 1/2 sum_v |p - q|. */
  readonly totalVariation: Tensor;
  /** 1 where both have the same most likely token, else 0. */
  readonly sameTop: Tensor;
}

export interface Engine {
  readonly info: EngineInfo;

  // ---- storage -------------------------------------------------------------------------------

  /** Copies numbers in as a float tensor. The array may be reused at once. */
  floats(values: ArrayLike<number>, shape: readonly number[]): Tensor;
  /** Copies integers in as an int tensor. */
  ints(values: ArrayLike<number>, shape: readonly number[]): Tensor;
  zeros(shape: readonly number[]): Tensor;
  clone(x: Tensor): Tensor;
  /** The same storage under another shape of equal size. Disposed on its own. */
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  /** Rows from `start` up to `end` of a tensor of rank 1 or 2, as a view or a copy. */
  rows(x: Tensor, start: number, end: number): Tensor;
  /** Copies a float tensor out, in the engine's precision. */
  read(x: Tensor): Float32Array | Float64Array;
  readInts(x: Tensor): Int32Array;
  dispose(...tensors: readonly (Tensor | Sparse)[]): void;
  usage(): EngineUsage;
  /** Releases threads and memory. The engine cannot be used afterwards. */
  close(): Promise<void>;

  // ---- dense algebra ---------------------------------------------------------------------------

  /** op(a) op(b) + bias. */
  matmul(a: Tensor, b: Tensor, options?: MatmulOptions): Tensor;
  /** out += op(a) op(b). */
  matmulInto(out: Tensor, a: Tensor, b: Tensor, options?: Omit<MatmulOptions, 'bias'>): void;
  /** x + y, where y has x's shape or is a row added to each row of x. */
  add(x: Tensor, y: Tensor): Tensor;
  subtract(x: Tensor, y: Tensor): Tensor;
  /** Elementwise x y, where y has x's shape or is a row. */
  multiply(x: Tensor, y: Tensor): Tensor;
  scale(x: Tensor, factor: number): Tensor;
  /** out += factor x, of equal shapes. */
  addInto(out: Tensor, x: Tensor, factor?: number): void;
  /** out = x, of equal shapes. */
  copyInto(out: Tensor, x: Tensor): void;
  /** Each row i of x [r, c] times w[i], w [r]. */
  scaleRows(x: Tensor, w: Tensor): Tensor;

  // ---- pointwise and normalisation -------------------------------------------------------------

  /** `gelu` is the exact error-function form, `gelu_new` the tanh approximation of GPT-2. */
  activate(x: Tensor, activation: Activation): Tensor;
  /** dy times the derivative of the activation at x (0 at 0 for relu). */
  activateGradient(x: Tensor, dy: Tensor, activation: Activation): Tensor;
  /**
   * Layer norm of each row of x [r, c] with biased variance, eps inside the root, then gain and bias
   * [c] if given. Also returns mean and 1 / sqrt(variance + eps), [r] each.
   */
  layerNorm(
    x: Tensor,
    gain: Tensor | undefined,
    bias: Tensor | undefined,
    epsilon: number,
  ): { y: Tensor; mean: Tensor; inverseStd: Tensor };
  /** Gradient of layerNorm with respect to x. */
  layerNormGradient(
    x: Tensor,
    gain: Tensor | undefined,
    mean: Tensor,
    inverseStd: Tensor,
    dy: Tensor,
  ): Tensor;
  /**
   * Each row of x [r, c] divided by its root mean square, eps added inside the root, times gain [c]
   * if given; and 1 / root, [r].
   */
  rmsNorm(x: Tensor, gain: Tensor | undefined, epsilon: number): { y: Tensor; inverseRms: Tensor };
  /** Gradient of rmsNorm with respect to x. */
  rmsNormGradient(x: Tensor, gain: Tensor | undefined, inverseRms: Tensor, dy: Tensor): Tensor;
  /** cap tanh(x / cap), elementwise. */
  softCap(x: Tensor, cap: number): Tensor;
  /** Gradient of softCap, given its output y: dy (1 - (y / cap)^2). */
  softCapGradient(y: Tensor, dy: Tensor, cap: number): Tensor;
  /** Each row of x divided by max(its L2 norm, 1e-12), and the norms [r]. */
  normaliseRows(x: Tensor): { y: Tensor; norms: Tensor };
  /** Gradient of normaliseRows: (dy - y <y, dy>) / norm, row by row. */
  normaliseRowsGradient(y: Tensor, norms: Tensor, dy: Tensor): Tensor;

  // ---- transformer -----------------------------------------------------------------------------

  /** Rows ids[i] of table [V, d]. Throws `bad-input` for an id outside the table. */
  gather(table: Tensor, ids: Tensor): Tensor;
  /** out[ids[i]] += x[i]; ids may repeat. */
  scatterAddInto(out: Tensor, ids: Tensor, x: Tensor): void;
  /**
   * Rotary position embedding (Su et al. 2021, in the half-split form of GPT-NeoX). Row i of x
   * [r, heads * w] has the position i mod L; there, columns j and j + m of each head, for j < m, are
   * turned by the angle whose cosine and sine are entry j of that row of the tables [L, m].
   */
  rotate(x: Tensor, cosines: Tensor, sines: Tensor, shape: RotationShape): Tensor;
  /**
   * Causal attention. q [sequences * length, heads * w], k and v [sequences * keyLength, keyHeads * w],
   * where query i of `length` has the position keyLength - length + i; the result has
   * q's shape. `logSum` [rows * heads] is the log of the sum of exponentials of each score row.
   */
  attention(q: Tensor, k: Tensor, v: Tensor, shape: AttentionShape): { y: Tensor; logSum: Tensor };
  attentionGradient(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    y: Tensor,
    logSum: Tensor,
    dy: Tensor,
    shape: AttentionShape,
  ): { dq: Tensor; dk: Tensor; dv: Tensor };

  // ---- losses on logits [r, V] -----------------------------------------------------------------

  /** -log softmax(logits)[target] of each row; 0 where the target is negative. [r] */
  crossEntropy(logits: Tensor, targets: Tensor): Tensor;
  /** weight[i] (softmax(logits) - onehot(target)) row by row; a zero row where there is no target. */
  crossEntropyGradient(logits: Tensor, targets: Tensor, weight: Tensor): Tensor;
  /** KL(softmax p || softmax q) of each row, in nats. [r] */
  klDivergence(p: Tensor, q: Tensor): Tensor;
  /** Gradient of weight[i] KL(p || q) with respect to the logits q: weight (softmax q - softmax p). */
  klDivergenceGradient(p: Tensor, q: Tensor, weight: Tensor): Tensor;
  /**
   * Gradient of weight[i] KL(p || q) with respect to the logits p:
   * weight softmax p (log p - log q - KL(p || q)).
   */
  klDivergenceFirstGradient(p: Tensor, q: Tensor, weight: Tensor): Tensor;
  compareLogits(p: Tensor, q: Tensor, targets: Tensor): LogitComparison;

  // ---- reductions ------------------------------------------------------------------------------

  /** Sum of all entries, accumulated in float64. */
  sum(x: Tensor): number;
  /** Sum of squares of all entries, accumulated in float64. */
  sumSquares(x: Tensor): number;
  /** Sum over the columns of each row of x [r, c]: [r]. */
  sumRows(x: Tensor): Tensor;
  /** Sum over the rows of each column of x [r, c]: [c]. */
  sumColumns(x: Tensor): Tensor;
  /** <x_i, y_i> for each row: [r]. */
  dotRows(x: Tensor, y: Tensor): Tensor;
  /** (sum_j |x_ij|^p)^(1/p) of each row: [r]. */
  normRows(x: Tensor, p: number): Tensor;
  /**
   * Gradient of sum_i weight[i] normRows(x)[i]: weight sign(x) |x|^(p-1) / norm^(p-1); 0 where x is 0.
   */
  normRowsGradient(x: Tensor, norms: Tensor, p: number, weight: Tensor): Tensor;
  /** Number of entries that are not 0. */
  countNonzero(x: Tensor): number;
  /** The k largest entries of each row, largest first; ties go to the smaller column. [r, k] each. */
  topK(x: Tensor, k: number): { values: Tensor; indices: Tensor };
  /**
   * The largest entry of each column of x [r, c] and its row, [c] each; ties go to the smaller row.
   * NaN never wins: a column of nothing else has -Infinity in row 0.
   */
  largestInColumns(x: Tensor): { values: Tensor; indices: Tensor };

  // ---- sparse codes ----------------------------------------------------------------------------

  /** The entries of x [r, n] that are not 0. */
  sparsify(x: Tensor): Sparse;
  /**
   * The entries of x [r, n] above the limit [n] of their column, which is 0 where none are given; NaN is
   * above. Undefined where there are `most` of them or more.
   */
  sparsifyAbove(x: Tensor, limits?: Tensor, most?: number): Sparse | undefined;
  /**
   * The entries above 0 of x W^T + bias, or all of it [r, n] where `most` of them or more are above 0;
   * NaN is above. x [r, d], W [n, d], bias [n].
   */
  linearAbove(x: Tensor, weight: Tensor, bias: Tensor, most: number): Sparse | Tensor;
  /**
   * The k largest entries of each row of x [r, n], as far as they are above 0; ties go to the smaller
   * column.
   */
  largestOfRows(x: Tensor, k: number): Sparse;
  /**
   * The `count` largest entries of x [r, n], of all rows together, as far as they are above 0; ties go to
   * the earlier entry.
   */
  largestEntries(x: Tensor, count: number): Sparse;
  /**
   * The same pattern with other values [count], as views: original, values and result are each
   * disposed on their own.
   */
  withValues(pattern: Sparse, values: Tensor): Sparse;
  /** The full matrix [r, n]. */
  densify(x: Sparse): Tensor;
  /** x D + bias: [r, d], with D [n, d] and bias [d]. */
  sparseMatmul(x: Sparse, dense: Tensor, bias?: Tensor): Tensor;
  /** x^T g: [n, d], with g [r, d]. Rows of latents that are never active are 0. */
  sparseTransposeMatmul(x: Sparse, g: Tensor): Tensor;
  /** <g_i, D_j> for each stored entry (i, j): [count]. Only the pattern of x is used. */
  sampledMatmul(pattern: Sparse, g: Tensor, dense: Tensor): Tensor;
  /** Sum over rows of each column: [n]. */
  sparseSumColumns(x: Sparse): Tensor;
  /** As normRows and normRowsGradient; the gradient is per stored entry, [count]. */
  sparseNormRows(x: Sparse, p: number): Tensor;
  sparseNormRowsGradient(x: Sparse, norms: Tensor, p: number, weight: Tensor): Tensor;

  // ---- optimiser -------------------------------------------------------------------------------

  /**
   * One step of Adam (Kingma & Ba 2015, as in torch.optim.Adam: eps is added to sqrt(v / (1 - b2^t)))
   * on parameter, first and second moment, in place.
   */
  adamStep(
    parameter: Tensor,
    gradient: Tensor,
    firstMoment: Tensor,
    secondMoment: Tensor,
    options: AdamOptions,
  ): void;
}
