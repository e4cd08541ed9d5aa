import type { TensorData } from '../../../shared/domain/tensors.ts';
import type { Engine } from '../engine.ts';
import { activationsAt, disposeHookState } from '../model/activations.ts';
import type { HookPoint } from '../model/hooks.ts';
import type { TokenBatch, Transformer } from '../model/transformer.ts';
import type { FrozenDictionary } from '../sae/frozen-dictionary.ts';
import { ActivationCollector, type FeatureMajor } from './activation-store.ts';
import { bestMatches, nearestRows, promotedTokens, type Neighbours } from './directions.ts';
import { featureStatistics } from './feature-statistics.ts';
import { labelAuc, labelAucByHalf } from './label-auc.ts';
import { tokenAuc } from './token-auc.ts';

/** Binary properties of tokens, one array of 0 and 1 per property, aligned with the tokens. */
export interface TokenLabels {
  readonly properties: readonly string[];
  readonly values: readonly Uint8Array[];
  /** Ids of the tokens. */
  readonly ids: Int32Array;
}

export interface FeatureOptions {
  /** Length of the sequences. */
  readonly length: number;
  /** Top examples for each feature. */
  readonly examples: number;
  /** Seed of the sampled examples. */
  readonly seed: number;
}

/** Sizes that are fixed: they are visible in the shapes of the written tensors. */
const histogramBins = 40;
const positionBins = 16;
const quantileBands = 5;
const examplesPerBand = 4;
const neighbourCount = 8;
const logitCount = 10;

/** Runs model and dictionaries over batches of tokens once and keeps the sparse activations. */
export class FeaturePass {
  readonly #model: Transformer;
  readonly #hook: HookPoint;
  readonly #dictionaries: readonly FrozenDictionary[];
  readonly #collectors: readonly ActivationCollector[];

  constructor(model: Transformer, hook: HookPoint, dictionaries: readonly FrozenDictionary[]) {
    this.#model = model;
    this.#hook = hook;
    this.#dictionaries = dictionaries;
    this.#collectors = dictionaries.map(
      ({ parameters }) => new ActivationCollector(parameters.encoderBias.size),
    );
  }

  /** Adds a batch; batches must come in the order of the tokens. */
  add(tokens: TokenBatch): void {
    const { engine } = this.#model;
    const state = activationsAt(this.#model, tokens, this.#hook);
    this.#dictionaries.forEach((dictionary, index) => {
      const codes = dictionary.encode(state.activation);
      this.#collectors[index]!.add(
        engine.readInts(codes.pointers),
        engine.readInts(codes.indices),
        engine.read(codes.values),
      );
      engine.dispose(codes);
    });
    disposeHookState(this.#model, state);
  }

  /** Feature-major activations of each dictionary. */
  finish(): FeatureMajor[] {
    return this.#collectors.map((collector) => collector.finish());
  }
}

/** Tensors of activations.safetensors (main/jobs/job-folder.ts). */
export function activationTensors(activations: FeatureMajor): TensorData[] {
  const { pointers, token, value, latents } = activations;
  return [
    { name: 'pointers', shape: [latents + 1], data: BigInt64Array.from(pointers, BigInt) },
    { name: 'token', shape: [token.length], data: token },
    { name: 'value', shape: [value.length], data: value },
  ];
}

/**
 * Tensors of features.safetensors (main/jobs/job-folder.ts) of dictionary `index` among those trained
 * together.
 */
export function featureTensors(
  model: Transformer,
  dictionaries: readonly FrozenDictionary[],
  index: number,
  activations: FeatureMajor,
  options: FeatureOptions,
  labels: TokenLabels | undefined,
): TensorData[] {
  const n = activations.latents;
  const tensors = statisticsTensors(activations, options);
  const neighbours = directionTensors(model, dictionaries, index);
  tensors.push(...neighbours);
  if (labels) {
    tensors.push(
      {
        name: 'auc',
        shape: [n, labels.values.length],
        data: labelAuc(activations, labels.values),
      },
      {
        name: 'auc_by_half',
        shape: [n, labels.values.length, 2],
        data: labelAucByHalf(activations, labels.values, options.length),
      },
      {
        name: 'token_auc',
        shape: [labels.values.length],
        data: tokenAuc(labels.ids, labels.values, options.length),
      },
      {
        name: 'positives',
        shape: [labels.values.length],
        data: Int32Array.from(labels.values, (label) => label.reduce((sum, bit) => sum + bit, 0)),
      },
    );
  }
  return tensors;
}

function statisticsTensors(activations: FeatureMajor, options: FeatureOptions): TensorData[] {
  const n = activations.latents;
  const statistics = featureStatistics(activations, {
    length: options.length,
    bins: histogramBins,
    positionBins,
    top: options.examples,
    bands: quantileBands,
    perBand: examplesPerBand,
    seed: options.seed,
  });
  const { examples } = options;
  return [
    { name: 'count', shape: [n], data: statistics.count },
    { name: 'sum', shape: [n], data: statistics.sum },
    { name: 'max', shape: [n], data: statistics.max },
    { name: 'histogram', shape: [n, histogramBins], data: statistics.histogram },
    { name: 'density_by_position', shape: [n, positionBins], data: statistics.densityByPosition },
    { name: 'top', shape: [n, examples, 2], data: statistics.top },
    { name: 'top_value', shape: [n, examples], data: statistics.topValue },
    { name: 'quantile', shape: [n, quantileBands, examplesPerBand, 2], data: statistics.banded },
    {
      name: 'quantile_value',
      shape: [n, quantileBands, examplesPerBand],
      data: statistics.bandedValue,
    },
    { name: 'quantile_count', shape: [n, quantileBands], data: statistics.bandCount },
  ];
}

function directionTensors(
  model: Transformer,
  dictionaries: readonly FrozenDictionary[],
  index: number,
): TensorData[] {
  const { engine } = model;
  const { encoder, decoder } = dictionaries[index]!.parameters;
  const n = decoder.shape[0]!;
  const { y: unitEncoder, norms } = engine.normaliseRows(encoder);
  const negated = engine.scale(decoder, -1);
  const alignment = engine.dotRows(unitEncoder, decoder);
  const promoted = promotedTokens(engine, decoder, model, logitCount);
  const suppressed = promotedTokens(engine, negated, model, logitCount);
  suppressed.cosine.forEach((value, i) => (suppressed.cosine[i] = -value));
  const others = dictionaries.filter((_, other) => other !== index);
  const matches = others.map((other) => bestMatches(engine, decoder, other.parameters.decoder, 1));
  const tensors = [
    {
      name: 'encoder_decoder_cosine',
      shape: [n],
      data: Float32Array.from(engine.read(alignment)),
    },
    ...pair('promoted', 'promoted_value', promoted, n),
    ...pair('suppressed', 'suppressed_value', suppressed, n),
    ...pair(
      'decoder_neighbour',
      'decoder_neighbour_cosine',
      nearestRows(engine, decoder, neighbourCount),
      n,
    ),
    ...pair(
      'encoder_neighbour',
      'encoder_neighbour_cosine',
      nearestRows(engine, unitEncoder, neighbourCount),
      n,
    ),
    ...pair('match', 'match_cosine', sideBySide(matches, n), n),
  ];
  engine.dispose(unitEncoder, norms, negated, alignment);
  return tensors;
}

function pair(
  indexName: string,
  valueName: string,
  { k, index, cosine }: Neighbours,
  n: number,
): TensorData[] {
  return [
    { name: indexName, shape: [n, k], data: index },
    { name: valueName, shape: [n, k], data: cosine },
  ];
}

/** Several [n, 1] results as one [n, s]. */
function sideBySide(columns: readonly Neighbours[], n: number): Neighbours {
  const k = columns.length;
  const index = new Int32Array(n * k);
  const cosine = new Float32Array(n * k);
  columns.forEach((column, s) => {
    for (let row = 0; row < n; row++) {
      index[row * k + s] = column.index[row]!;
      cosine[row * k + s] = column.cosine[row]!;
    }
  });
  return { k, index, cosine };
}

/** Sequences in one forward pass that is not a training step: enough to fill the products, small in memory. */
export function batchRows(engine: Engine, rows: number, context: number): number {
  const target = engine.info.name === 'reference' ? 512 : 4096;
  return Math.max(1, Math.min(rows, Math.floor(target / context)));
}
