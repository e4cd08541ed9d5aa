import { minimumCounts, type ComparisonMeasure } from '../../../shared/domain/comparison.ts';
import { orderOf } from '../../components/data-table/column-rows.ts';
import type { Tensors } from '../../state/tensors.svelte.ts';

/** Best partners of every feature of the dictionary that is looked from, at one minimum count. */
export interface PartnerColumns {
  /** -1 for a feature that is dropped or has none. */
  readonly partner: Int32Array;
  /** NaN where there is none. */
  readonly value: Float32Array;
}

/**
 * Cuts one minimum count out of the tensors of `comparisons.columns`.
 * @param isBackwards from B to A, as the pair was compared
 */
export function partnersAtLevel(
  tensors: Tensors,
  level: number,
  isBackwards: boolean,
): PartnerColumns {
  const way = isBackwards ? 'b_to_a' : 'a_to_b';
  const index = tensors[`${way}_index`] as Int32Array;
  const value = tensors[`${way}_value`] as Float32Array;
  const n = index.length / minimumCounts.length;
  return {
    partner: index.subarray(level * n, (level + 1) * n),
    value: value.subarray(level * n, (level + 1) * n),
  };
}

export type MutualFilter = 'all' | 'mutual' | 'one-sided';

export interface PairFilter {
  /** A feature's number, of either side; empty for all. */
  readonly search: string;
  readonly matched: MutualFilter;
  /** Least similarity by the shown measure; null for any. */
  readonly least: number | null;
}

export interface PairData {
  readonly measure: ComparisonMeasure;
  readonly here: PartnerColumns;
  /** From the other side, to tell mutual matches. */
  readonly back: PartnerColumns;
  readonly count: Int32Array | null;
  /** The best similarity of each feature by other measures. */
  readonly other: Readonly<Partial<Record<ComparisonMeasure, Float32Array>>>;
}

export function isMutual({ here, back }: PairData, feature: number): boolean {
  const partner = here.partner[feature]!;
  return partner >= 0 && back.partner[partner] === feature;
}

/** Features with a partner that fit the filter, by a column. */
export function pairOrder(
  data: PairData,
  filter: PairFilter,
  column: Float32Array | Int32Array,
  descending: boolean,
): Int32Array {
  const { here } = data;
  const { search, matched, least } = filter;
  const wanted = /^\d{1,9}$/.test(search.trim()) ? Number(search) : null;
  return orderOf(column, descending).filter((feature) => {
    const partner = here.partner[feature]!;
    if (partner < 0) return false;
    if (wanted !== null && feature !== wanted && partner !== wanted) return false;
    if (least !== null && !(here.value[feature]! >= least)) return false;
    return matched === 'all' || isMutual(data, feature) === (matched === 'mutual');
  });
}
