import * as v from 'valibot';
import { fetchedTensors } from './comparisons.ts';
import { operation, topic } from './define.ts';
import { count, id } from '../domain/schemas.ts';

/**
 * Features of one dictionary, or of two together, in the plane: near each other where their decoder
 * directions are.
 */
const mapInput = v.strictObject({
  project: id,
  dictionaries: v.pipe(v.array(id), v.minLength(1), v.maxLength(2)),
});
export type MapInput = v.InferOutput<typeof mapInput>;

/** Positions as bytes: `position` float32 [points, 2], those of the first dictionary before the second's. */
export const mapAnswer = v.object({
  ...fetchedTensors.entries,
  /** Latents of each dictionary, in order. */
  latents: v.array(count),
  /** Nearest neighbours that the map was made from, and the seed of its layout. */
  neighbours: count,
  seed: count,
});
export type MapAnswer = v.InferOutput<typeof mapAnswer>;

export const mapsContract = {
  /** The map that was made before; null for none. */
  'maps.get': operation(mapInput, v.nullable(mapAnswer)),
  /** Makes the map, which takes minutes for large dictionaries; cancelling the call stops it. */
  'maps.make': operation(mapInput, mapAnswer),
  /** How far a map is that is being made, as a share of `total`. */
  'maps.progress': topic(mapInput, v.object({ done: count, total: count })),
  /**
   * What colours a map, as bytes: `count` int32, and `mean`, `max` and `stability` float32 [latents],
   * NaN where there is none. `labelled` are the features that have a label.
   */
  'maps.columns': operation(
    v.strictObject({ project: id, dictionary: id }),
    v.object({ ...fetchedTensors.entries, labelled: v.array(count) }),
  ),
};
