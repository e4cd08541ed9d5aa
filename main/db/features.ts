import type { FeatureFilter, FeatureRow } from '../../shared/contract/features.ts';
import type { Parameters, Reader, Value, Writer } from './connection.ts';
import { restoreLabels } from './labels.ts';

export interface FeatureQuery extends FeatureFilter {
  readonly offset: number;
  readonly limit: number;
}

/** Columns of an import: one entry for each feature, in order. NaN stands for null. */
export interface FeatureColumns {
  readonly count: ArrayLike<number>;
  readonly density: ArrayLike<number>;
  readonly densityLow: ArrayLike<number>;
  readonly densityHigh: ArrayLike<number>;
  readonly mean: ArrayLike<number>;
  readonly max: ArrayLike<number>;
  readonly stability: ArrayLike<number>;
  readonly property: readonly (string | null)[];
  readonly auc: ArrayLike<number>;
}

const select = `
  SELECT feature, count, density, density_low AS densityLow, density_high AS densityHigh,
         mean, max, label, rating, stability, property, auc
  FROM features`;

/** One page of the features of a dictionary, and how many there are in all that fit the query. */
export function pageFeatures(
  db: Reader,
  dictionary: number,
  query: FeatureQuery,
): { total: number; rows: FeatureRow[] } {
  const { where, parameters } = conditions(dictionary, query);
  const total = db.get<{ n: number }>(`SELECT count(*) AS n FROM features ${where}`, parameters)!.n;
  const { offset, limit, descending } = query;
  const column = sortColumn(query);
  const order = `${column} ${descending ? 'DESC' : 'ASC'} NULLS LAST, feature`;
  const backwards = `${column} ${descending ? 'ASC' : 'DESC'} NULLS FIRST, feature DESC`;
  const found = Math.max(0, Math.min(limit, total - offset));
  // The page is found by its keys alone, and from the nearer end: sorting whole rows from the start
  // makes the pages in the middle twice as slow and the last ones ten times.
  const isNearEnd = offset > total / 2;
  const rows = db.all<FeatureRow>(
    `${select} WHERE dictionary = ? AND feature IN (
       SELECT feature FROM features ${where}
       ORDER BY ${isNearEnd ? backwards : order} LIMIT ? OFFSET ?)
     ORDER BY ${order}`,
    [dictionary, ...parameters, found, isNearEnd ? Math.max(0, total - offset - found) : offset],
  );
  return { total, rows };
}

/** The key is one of a closed list of column names, never text from a request. */
export function sortColumn({ sort }: FeatureFilter): string {
  return sort === 'label' ? 'label COLLATE NOCASE' : sort;
}

/** The features of a dictionary that fit a filter, as a WHERE clause. */
export function conditions(
  dictionary: number,
  query: FeatureFilter,
): { where: string; parameters: Parameters } {
  const terms = ['dictionary = ?'];
  const parameters: Value[] = [dictionary];
  if (query.dead !== 'show') terms.push(query.dead === 'hide' ? 'count > 0' : 'count = 0');
  if (query.labelled !== 'any')
    terms.push(query.labelled === 'yes' ? 'label IS NOT NULL' : 'label IS NULL');
  if (query.minCount > 0) {
    terms.push('count >= ?');
    parameters.push(query.minCount);
  }
  const search = query.search.trim();
  if (/^\d{1,9}$/.test(search)) {
    terms.push('feature = ?');
    parameters.push(Number(search));
  } else if (search !== '') addWords(search, dictionary, terms, parameters);
  if (query.minRating > 0) {
    terms.push('rating >= ?');
    parameters.push(query.minRating);
  }
  if (query.list !== '') {
    terms.push(`feature IN (
      SELECT listed_features.feature FROM listed_features JOIN feature_lists ON id = list
      WHERE feature_lists.dictionary = ? AND name = ?)`);
    parameters.push(dictionary, query.list);
  }
  return { where: `WHERE ${terms.join(' AND ')}`, parameters };
}

/**
 * Labels with all the words of a search, each by its beginning; words without a letter or digit, which
 * the index does not hold, by a look at every label.
 */
function addWords(search: string, dictionary: number, terms: string[], parameters: Value[]): void {
  const words = search.split(/\s+/);
  const isIndexed = (word: string) => /[\p{L}\p{N}]/u.test(word);
  const indexed = words.filter(isIndexed).map((word) => `"${word.replaceAll('"', '""')}" *`);
  if (indexed.length > 0) {
    terms.push(`feature IN (
      SELECT rowid & 0xffffffff FROM label_words
      WHERE label_words MATCH ? AND rowid >> 32 = ?)`);
    parameters.push(indexed.join(' '), dictionary);
  }
  for (const word of words.filter((other) => !isIndexed(other))) {
    terms.push("label LIKE ? ESCAPE '\\'");
    parameters.push(`%${word.replace(/[\\%_]/g, '\\$&')}%`);
  }
}

export function getFeature(
  db: Reader,
  dictionary: number,
  feature: number,
): FeatureRow | undefined {
  return db.get<FeatureRow>(`${select} WHERE dictionary = ? AND feature = ?`, [
    dictionary,
    feature,
  ]);
}

/** The feature that tells a property best, for each property that has one. */
export function bestPerProperty(db: Reader, dictionary: number): FeatureRow[] {
  return db.all<FeatureRow>(
    `${select} WHERE dictionary = ? AND property IS NOT NULL
     GROUP BY property HAVING auc = max(auc) ORDER BY property`,
    [dictionary],
  );
}

/** Labels of some features; those without one are left out. */
export function labelsOf(
  db: Reader,
  dictionary: number,
  features: readonly number[],
): Map<number, string> {
  if (features.length === 0) return new Map();
  const places = features.map(() => '?').join(', ');
  const rows = db.all<{ feature: number; label: string }>(
    `SELECT feature, label FROM features
     WHERE dictionary = ? AND feature IN (${places}) AND label IS NOT NULL`,
    [dictionary, ...features],
  );
  return new Map(rows.map(({ feature, label }) => [feature, label]));
}

/** Puts new figures in the place of the old ones; labels and ratings stay. */
export function replaceFeatures(db: Writer, dictionary: number, columns: FeatureColumns): void {
  db.transaction(() => {
    db.run('DELETE FROM features WHERE dictionary = ?', [dictionary]);
    insertRows(db, dictionary, columns);
    restoreLabels(db, dictionary);
  });
}

/** Figures of all features of a dictionary, in order; NaN where there is none. */
export function featureColumns(db: Reader, dictionary: number) {
  const rows = db.all<Pick<FeatureRow, 'count' | 'mean' | 'max' | 'stability'>>(
    'SELECT count, mean, max, stability FROM features WHERE dictionary = ? ORDER BY feature',
    [dictionary],
  );
  const floats = (name: 'mean' | 'max' | 'stability') =>
    Float32Array.from(rows, (row) => row[name] ?? NaN);
  return {
    count: Int32Array.from(rows, ({ count }) => count),
    mean: floats('mean'),
    max: floats('max'),
    stability: floats('stability'),
  };
}

/** Numbers of the features that have a label. */
export function labelledFeatures(db: Reader, dictionary: number): number[] {
  return db
    .all<{ feature: number }>(
      'SELECT feature FROM features WHERE dictionary = ? AND label IS NOT NULL ORDER BY feature',
      [dictionary],
    )
    .map(({ feature }) => feature);
}

export function insertFeatures(db: Writer, dictionary: number, columns: FeatureColumns): void {
  db.transaction(() => insertRows(db, dictionary, columns));
}

function insertRows(db: Writer, dictionary: number, columns: FeatureColumns): void {
  const value = (column: ArrayLike<number>, i: number) => {
    const number = column[i]!;
    return Number.isNaN(number) ? null : number;
  };
  for (let i = 0; i < columns.count.length; i++)
    db.run(
      `INSERT INTO features (dictionary, feature, count, density, density_low, density_high, mean,
                             max, stability, property, auc)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        dictionary,
        i,
        columns.count[i]!,
        columns.density[i]!,
        columns.densityLow[i]!,
        columns.densityHigh[i]!,
        value(columns.mean, i),
        value(columns.max, i),
        value(columns.stability, i),
        columns.property[i] ?? null,
        value(columns.auc, i),
      ],
    );
}
