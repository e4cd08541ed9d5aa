import type { TensorData } from '../../../shared/domain/tensors.ts';
import type { Transformer } from '../model/transformer.ts';
import type { FrozenDictionary } from '../sae/frozen-dictionary.ts';
import { bestMatches, logitsOfDirections, nearestRows, type Neighbours } from './directions.ts';

/** Sizes that are fixed: they are visible in the shapes of the written tensors. */
const neighbourCount = 8;
const logitCount = 10;
const logitBins = 40;

/**
 * Tensors of features.safetensors (main/jobs/job-folder.ts) that follow from a dictionary's weights. Its
 * features are matched with those of its replicates.
 */
export function directionTensors(
  model: Transformer,
  dictionary: FrozenDictionary,
  replicates: readonly FrozenDictionary[],
): TensorData[] {
  const { engine } = model;
  const { encoder, decoder } = dictionary.parameters;
  const n = decoder.shape[0]!;
  const { y: unitEncoder, norms } = engine.normaliseRows(encoder);
  const alignment = engine.dotRows(unitEncoder, decoder);
  const logits = logitsOfDirections(engine, decoder, model, logitCount, logitBins);
  const matches = replicates.map((other) =>
    bestMatches(engine, decoder, other.parameters.decoder, 1),
  );
  const tensors = [
    {
      name: 'encoder_decoder_cosine',
      shape: [n],
      data: Float32Array.from(engine.read(alignment)),
    },
    ...pair('promoted', 'promoted_value', logits.promoted, n),
    ...pair('suppressed', 'suppressed_value', logits.suppressed, n),
    { name: 'logit_histogram', shape: [n, logitBins], data: logits.histogram },
    { name: 'logit_range', shape: [n, 2], data: logits.range },
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
  engine.dispose(unitEncoder, norms, alignment);
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
