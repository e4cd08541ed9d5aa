import type { DictionaryRow } from '../../../shared/contract/features.ts';
import type { Tensors } from '../../state/tensors.svelte.ts';

/** Everything about the points of a map, column by column: those of the first dictionary come first. */
export interface MapPoints {
  readonly position: Float32Array;
  /** Which of the dictionaries. */
  readonly dictionary: Int32Array;
  readonly feature: Int32Array;
  readonly count: Int32Array;
  /** log10 of the share of tokens; NaN for dead features. */
  readonly density: Float32Array;
  readonly max: Float32Array;
  readonly stability: Float32Array;
  readonly labelled: Uint8Array;
}

/** What the host knows of the features of one dictionary. */
export interface DictionaryColumns {
  readonly row: DictionaryRow;
  readonly columns: Tensors;
  readonly labelled: readonly number[];
}

/** Joins positions with what is known of the features. Features that were not counted have no figures. */
export function mapPoints(
  position: Float32Array,
  latents: readonly number[],
  known: readonly DictionaryColumns[],
): MapPoints {
  const n = position.length / 2;
  const points = {
    position,
    dictionary: new Int32Array(n),
    feature: new Int32Array(n),
    count: new Int32Array(n),
    density: new Float32Array(n).fill(NaN),
    max: new Float32Array(n).fill(NaN),
    stability: new Float32Array(n).fill(NaN),
    labelled: new Uint8Array(n),
  };
  let start = 0;
  for (const [place, { row, columns, labelled }] of known.entries()) {
    const own = latents[place] ?? 0;
    for (let feature = 0; feature < own; feature++) {
      const point = start + feature;
      const count = columns['count']?.[feature] ?? 0;
      points.dictionary[point] = place;
      points.feature[point] = feature;
      points.count[point] = count;
      points.density[point] = count > 0 ? Math.log10(count / row.tokens) : NaN;
      points.max[point] = columns['max']?.[feature] ?? NaN;
      points.stability[point] = columns['stability']?.[feature] ?? NaN;
    }
    for (const feature of labelled) points.labelled[start + feature] = 1;
    start += own;
  }
  return points;
}
