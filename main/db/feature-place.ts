import type { FeatureFilter } from '../../shared/contract/features.ts';
import type { Parameters, Reader, Value } from './connection.ts';
import { conditions, getFeature, sortColumn } from './features.ts';

export interface FeaturePlace {
  readonly total: number;
  readonly before: number;
  readonly previous: number | null;
  readonly next: number | null;
}

/**
 * Where a feature stands among those that fit a filter, in the order of `pageFeatures`: how many come
 * before it, and its two neighbours. It is placed by its values, so that one which has just left the
 * filter (by getting a label, say) still has a next one. Undefined for a feature that does not exist.
 */
export function placeFeature(
  db: Reader,
  dictionary: number,
  filter: FeatureFilter,
  feature: number,
): FeaturePlace | undefined {
  const row = getFeature(db, dictionary, feature);
  if (!row) return undefined;
  const { where, parameters } = conditions(dictionary, filter);
  const column = sortColumn(filter);
  const [before, after] = sides(column, filter.descending, row[filter.sort], feature);
  const [up, down] = filter.descending ? ['ASC', 'DESC'] : ['DESC', 'ASC'];
  const count = (extra: string, more: Parameters) =>
    db.get<{ n: number }>(`SELECT count(*) AS n FROM features ${where} ${extra}`, [
      ...parameters,
      ...more,
    ])!.n;
  const first = (side: Side, order: string) =>
    db.get<{ feature: number }>(
      `SELECT feature FROM features ${where} AND (${side.sql}) ORDER BY ${order} LIMIT 1`,
      [...parameters, ...side.parameters],
    )?.feature ?? null;
  return {
    total: count('', []),
    before: count(`AND (${before.sql})`, before.parameters),
    previous: first(before, `${column} ${up} NULLS FIRST, feature DESC`),
    next: first(after, `${column} ${down} NULLS LAST, feature`),
  };
}

interface Side {
  readonly sql: string;
  readonly parameters: Parameters;
}

/** What comes before and after a row in the order: column, missing values last, then number. */
function sides(column: string, descending: boolean, value: Value, feature: number): [Side, Side] {
  if (value === null) {
    const side = (sql: string): Side => ({ sql, parameters: [feature] });
    return [
      side(`${column} IS NOT NULL OR feature < ?`),
      side(`${column} IS NULL AND feature > ?`),
    ];
  }
  const [less, more] = descending ? ['>', '<'] : ['<', '>'];
  const parameters = [value, value, feature];
  return [
    { sql: `${column} ${less} ? OR (${column} = ? AND feature < ?)`, parameters },
    {
      sql: `${column} ${more} ? OR (${column} = ? AND feature > ?) OR ${column} IS NULL`,
      parameters,
    },
  ];
}
