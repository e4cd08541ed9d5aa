import type { ComparisonRow } from '../../shared/contract/comparisons.ts';
import type {
  ComparedDictionary,
  ComparisonMeasure,
  PairDetail,
  PairFigures,
} from '../../shared/domain/comparison.ts';
import type { Reader, Writer } from './connection.ts';
import { readJson } from './json.ts';

export interface StoredComparison extends Omit<ComparisonRow, 'dictionaries' | 'pairs'> {
  readonly list: readonly ComparedDictionary[];
}

/** One pair by one measure. */
export interface NewPair {
  readonly a: number;
  readonly b: number;
  readonly measure: ComparisonMeasure;
  readonly figures: PairFigures;
  readonly detail: PairDetail;
}

const select = `
  SELECT id, job, name, created_at AS createdAt, minimum_count AS minimumCount, tokens,
         tokens_file AS tokensFile, measures, dictionaries,
         (SELECT count(DISTINCT a || ' ' || b) FROM comparison_pairs WHERE comparison = id) AS pairs
  FROM comparisons`;

interface Row extends Omit<StoredComparison, 'measures' | 'list'> {
  readonly measures: string;
  readonly dictionaries: string;
  readonly pairs: number;
}

function fromRow(db: Reader, { measures, dictionaries, ...row }: Row) {
  return {
    ...row,
    measures: readJson<ComparisonMeasure[]>(db, measures),
    list: readJson<ComparedDictionary[]>(db, dictionaries),
  };
}

/** Newest first. */
export function listComparisons(db: Reader): (StoredComparison & { readonly pairs: number })[] {
  return db
    .all<Row>(`${select} ORDER BY created_at DESC, comparisons.rowid DESC`)
    .map((row) => fromRow(db, row));
}

export function getComparison(
  db: Reader,
  id: string,
): (StoredComparison & { readonly pairs: number }) | undefined {
  const row = db.get<Row>(`${select} WHERE id = ?`, [id]);
  return row && fromRow(db, row);
}

export function comparisonOfJob(db: Reader, job: string): string | undefined {
  return db.get<{ id: string }>('SELECT id FROM comparisons WHERE job = ?', [job])?.id;
}

export function insertComparison(
  db: Writer,
  comparison: StoredComparison,
  pairs: Iterable<NewPair>,
): void {
  const { id, job, name, createdAt, minimumCount, tokens, tokensFile, measures, list } = comparison;
  db.transaction(() => {
    db.run(
      `INSERT INTO comparisons (id, job, name, created_at, minimum_count, tokens, tokens_file,
                                measures, dictionaries)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        id,
        job,
        name,
        createdAt,
        minimumCount,
        tokens,
        tokensFile,
        JSON.stringify(measures),
        JSON.stringify(list),
      ],
    );
    for (const { a, b, measure, figures, detail } of pairs)
      db.run(
        `INSERT INTO comparison_pairs (comparison, a, b, measure, figures, detail)
         VALUES (?, ?, ?, ?, ?, ?)`,
        [id, a, b, measure, JSON.stringify(figures), JSON.stringify(detail)],
      );
  });
}

/** Pairs in the order of their places, with what a matrix shows. */
export function readPairFigures(
  db: Reader,
  comparison: string,
  measure: ComparisonMeasure,
): { a: number; b: number; figures: PairFigures }[] {
  return db
    .all<{ a: number; b: number; figures: string }>(
      'SELECT a, b, figures FROM comparison_pairs WHERE comparison = ? AND measure = ? ORDER BY a, b',
      [comparison, measure],
    )
    .map(({ a, b, figures }) => ({ a, b, figures: readJson<PairFigures>(db, figures) }));
}

export function readPairDetail(
  db: Reader,
  comparison: string,
  measure: ComparisonMeasure,
  { a, b }: { readonly a: number; readonly b: number },
): PairDetail | undefined {
  const row = db.get<{ detail: string }>(
    'SELECT detail FROM comparison_pairs WHERE comparison = ? AND measure = ? AND a = ? AND b = ?',
    [comparison, measure, a, b],
  );
  return row && readJson<PairDetail>(db, row.detail);
}

export function deleteComparison(db: Writer, { id, job }: StoredComparison): void {
  db.transaction(() => {
    db.run('DELETE FROM comparison_pairs WHERE comparison = ?', [id]);
    db.run('DELETE FROM comparisons WHERE id = ?', [id]);
    db.run('DELETE FROM artifacts WHERE job = ?', [job]);
  });
}
