import type { Dependency } from '../../../../shared/contract/statistics.ts';
import { keepColumns } from '../../linalg/triangular.ts';
import type { Steps } from '../../steps.ts';
import { findDependencies } from '../dependencies.ts';
import { describeRelation } from '../dependency-words.ts';
import { factorise } from '../factorise.ts';
import { inflationFactors } from '../inflation.ts';
import type { ColumnSource } from '../relation-checks.ts';
import type { SparseColumns } from './columns.ts';

/** Operations of the QR beyond which the columns are not examined. */
const mostOperations = 4e10;

/** How far columns can be told apart on some rows. */
export interface Dependence {
  readonly dependencies: readonly Dependency[];
  /** Columns that depend on no earlier one. */
  readonly kept: readonly number[];
  /** Variance inflation factor of each column; Infinity for one that was left out. */
  readonly vif: Float64Array;
}

/**
 * Exact dependencies and variance inflation of sparse columns beside an intercept, by QR of their rows.
 * Rows on which all columns are zero differ in nothing, and one of the length of all stands for them.
 * @param marked the rows that count
 * @returns undefined for more columns and rows than can be examined in seconds
 */
export function* examineColumns(
  columns: SparseColumns,
  names: readonly string[],
  marked: (row: number) => boolean,
): Steps<Dependence | undefined> {
  const { rows, source } = compactRows(columns, marked);
  const p = columns.columns + 1;
  if (rows * p * p > mostOperations || rows < p) return undefined;
  const labels = ['1', ...names];
  const whole = yield* factorise(source, labels);
  const found = yield* findDependencies(source, whole.r, whole.scales);
  const { r } = keepColumns(whole.r, whole.effects, p, found.kept);
  const factors = inflationFactors(
    r,
    found.kept.length,
    true,
    found.kept.slice(1).map((_, k) => [k + 1]),
  );
  const vif = new Float64Array(columns.columns).fill(Infinity);
  found.kept.slice(1).forEach((column, k) => (vif[column - 1] = factors[k]!));
  return {
    dependencies: found.relations.map((relation) => describeRelation(relation, labels, 0)),
    kept: found.kept.slice(1).map((column) => column - 1),
    vif,
  };
}

/** The rows on which some column is active, in their order, and one row for all others. */
function compactRows(
  { rows, columns, pointers, row, value }: SparseColumns,
  marked: (row: number) => boolean,
): { rows: number; source: ColumnSource } {
  const place = new Int32Array(rows).fill(-1);
  for (const active of row) if (marked(active)) place[active] = 0;
  let count = 0;
  let silent = 0;
  for (let i = 0; i < rows; i++)
    if (place[i] === 0) place[i] = count++;
    else if (marked(i)) silent++;
  const all = count + (silent > 0 ? 1 : 0);
  const fill: ColumnSource['fill'] = (j, start, length, out, offset) => {
    if (j === 0) {
      out.fill(1, offset, offset + length);
      if (silent > 0 && start + length === all) out[offset + length - 1] = Math.sqrt(silent);
      return;
    }
    out.fill(0, offset, offset + length);
    const end = pointers[j]!;
    // Entries rise in their rows, so the first of the block is found by halving.
    let [low, high] = [pointers[j - 1]!, end];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const at = nextPlace(place, row, middle, end, count);
      if (at < start) low = middle + 1;
      else high = middle;
    }
    for (let e = low; e < end; e++) {
      const at = place[row[e]!]!;
      if (at < 0) continue;
      if (at >= start + length) break;
      out[offset + at - start] = value[e]!;
    }
  };
  return { rows: all, source: { rows: all, columns: columns + 1, isPlain: () => false, fill } };
}

/** Place of the first entry from `e` on whose row counts. */
function nextPlace(
  place: Int32Array,
  row: Int32Array,
  e: number,
  end: number,
  count: number,
): number {
  for (let at = e; at < end; at++) if (place[row[at]!]! >= 0) return place[row[at]!]!;
  return count;
}
