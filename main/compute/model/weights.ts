import { AppError } from '../../../shared/errors.ts';
import type { TensorReader } from '../../../shared/domain/tensors.ts';
import type { Engine, Tensor } from '../engine.ts';
import type { TransformerConfig } from './config.ts';

/** Weights of a transformer on an engine, in one form for all families; matrices are [in, out]. */
export interface TransformerWeights {
  /** [V, d] */
  readonly tokenEmbedding: Tensor;
  /** [context, d] */
  readonly positionEmbedding: Tensor;
  readonly blocks: readonly BlockWeights[];
  readonly finalNorm: NormWeights;
  /** [V, d]; the token embedding where they are tied. */
  readonly unembedding: Tensor;
}

export interface NormWeights {
  readonly gain: Tensor;
  readonly bias: Tensor;
}

export interface LinearWeights {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

export interface BlockWeights {
  readonly attentionNorm: NormWeights;
  readonly query: LinearWeights;
  readonly key: LinearWeights;
  readonly value: LinearWeights;
  readonly output: LinearWeights;
  readonly mlpNorm: NormWeights;
  readonly mlpIn: LinearWeights;
  readonly mlpOut: LinearWeights;
}

/**
 * Loads a GPT-2 checkpoint in Hugging Face layout. Its Conv1D matrices are stored [in, out]; c_attn
 * holds query, key and value side by side.
 * @throws AppError `not-found` for a missing tensor, `shape-mismatch` for one of another shape,
 *   `dtype-mismatch` for one that does not hold floats; each names file and tensor.
 */
export function loadGpt2Weights(
  engine: Engine,
  config: TransformerConfig,
  reader: TensorReader,
): TransformerWeights {
  const { width: d, mlpWidth, vocabulary, context } = config;
  // Exports of GPT2Model have no prefix, those of GPT2LMHeadModel have one.
  const prefix = reader.tensors.has('transformer.wte.weight') ? 'transformer.' : '';

  function load(name: string, shape: readonly number[]): Float32Array {
    const info = reader.tensors.get(name);
    if (info && (info.shape.length !== shape.length || info.shape.some((n, i) => n !== shape[i])))
      throw new AppError(
        'shape-mismatch',
        `${reader.source}: tensor '${name}' is [${info.shape.join(', ')}], where config.json calls for [${shape.join(', ')}]. Use the config.json that belongs to these weights.`,
        { file: reader.source, place: name },
      );
    return reader.floats(name);
  }
  const tensor = (name: string, shape: readonly number[]): Tensor =>
    engine.floats(load(prefix + name, shape), shape);
  const norm = (name: string): NormWeights => ({
    gain: tensor(`${name}.weight`, [d]),
    bias: tensor(`${name}.bias`, [d]),
  });
  const linear = (name: string, input: number, output: number): LinearWeights => ({
    weight: tensor(`${name}.weight`, [input, output]),
    bias: tensor(`${name}.bias`, [output]),
  });

  function loadBlock(layer: number): BlockWeights {
    const at = `h.${layer}`;
    const fused = load(`${prefix}${at}.attn.c_attn.weight`, [d, 3 * d]);
    const fusedBias = load(`${prefix}${at}.attn.c_attn.bias`, [3 * d]);
    const part = (index: number): LinearWeights => ({
      weight: engine.floats(columnsOf(fused, d, 3 * d, index * d, d), [d, d]),
      bias: engine.floats(fusedBias.subarray(index * d, (index + 1) * d), [d]),
    });
    return {
      attentionNorm: norm(`${at}.ln_1`),
      query: part(0),
      key: part(1),
      value: part(2),
      output: linear(`${at}.attn.c_proj`, d, d),
      mlpNorm: norm(`${at}.ln_2`),
      mlpIn: linear(`${at}.mlp.c_fc`, d, mlpWidth),
      mlpOut: linear(`${at}.mlp.c_proj`, mlpWidth, d),
    };
  }

  const tokenEmbedding = tensor('wte.weight', [vocabulary, d]);
  return {
    tokenEmbedding,
    positionEmbedding: tensor('wpe.weight', [context, d]),
    blocks: Array.from({ length: config.layers }, (_, layer) => loadBlock(layer)),
    finalNorm: norm('ln_f'),
    unembedding: config.tiedEmbedding
      ? tokenEmbedding
      : engine.floats(load('lm_head.weight', [vocabulary, d]), [vocabulary, d]),
  };
}

/** Columns `start` to `start + count` of a row-major matrix. */
function columnsOf(
  matrix: Float32Array,
  rows: number,
  columns: number,
  start: number,
  count: number,
): Float32Array {
  const out = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++)
    out.set(matrix.subarray(row * columns + start, row * columns + start + count), row * count);
  return out;
}
