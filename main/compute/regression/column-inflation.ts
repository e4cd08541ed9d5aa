import type { Dependencies } from './dependencies.ts';
import type { PreparedDesign } from './fit-result.ts';
import { inflationFactors } from './inflation.ts';

/** Variance inflation of the columns of a design and of its terms. */
export interface Inflation {
  /** Of each column: its term's factor; NaN for the intercept. */
  readonly byColumn: readonly number[];
  readonly byTerm: readonly {
    readonly term: number;
    readonly factor: number;
    readonly df: number;
  }[];
}

/**
 * Infinite for every column that takes part in an exact dependency; 1 where a term is alone beside the
 * intercept.
 * @param triangle R of the kept columns
 */
export function inflationOf(
  { design, kept }: PreparedDesign,
  found: Dependencies,
  triangle: Float64Array,
): Inflation {
  const position = new Map(kept.map((column, k) => [column, k]));
  const sets = design.terms.map(({ columns }) =>
    columns.flatMap((column) => position.get(column) ?? []),
  );
  const factors = inflationFactors(triangle, kept.length, design.intercept, sets);
  const involved = new Set(
    found.relations.flatMap(({ terms }) => terms.map(({ column }) => column)),
  );
  const byColumn = design.columns.map(({ term }, column) =>
    involved.has(column) ? Infinity : term < 0 ? NaN : factors[term]!,
  );
  const byTerm = design.terms.map(({ columns }, term) => ({
    term,
    factor: columns.some((column) => involved.has(column)) ? Infinity : factors[term]!,
    df: sets[term]!.length,
  }));
  return { byColumn, byTerm };
}
