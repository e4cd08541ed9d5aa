import type {
  EvaluationDetail,
  EvaluationItem,
  EvaluationRow,
} from '../../shared/contract/evaluations.ts';
import type { Reader, Writer } from './connection.ts';
import { readJson } from './json.ts';

/** Stores a comparison with its items, all or nothing. */
export function insertEvaluation(
  db: Writer,
  evaluation: EvaluationDetail,
  items: readonly EvaluationItem[],
): void {
  const { id, name, createdAt, conditions, logs, warnings } = evaluation;
  db.transaction(() => {
    db.run(
      `INSERT INTO evaluations (id, name, created_at, conditions, logs, items, warnings, detail)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        id,
        name,
        createdAt,
        conditions.map((condition) => condition.name).join(', '),
        logs.length,
        Math.max(...conditions.map((condition) => condition.items)),
        warnings.length,
        JSON.stringify(evaluation),
      ],
    );
    for (const [position, item] of items.entries())
      db.run(
        'INSERT INTO evaluation_items (evaluation, position, scores, item) VALUES (?, ?, ?, ?)',
        [
          id,
          position,
          JSON.stringify(item.cells.map((cell) => cell?.score ?? null)),
          JSON.stringify(item),
        ],
      );
  });
}

/** Newest first. */
export function listEvaluations(db: Reader): EvaluationRow[] {
  return db.all<EvaluationRow>(
    `SELECT id, name, created_at AS createdAt, conditions, logs, items, warnings
     FROM evaluations ORDER BY created_at DESC, rowid DESC`,
  );
}

export function getEvaluation(db: Reader, id: string): EvaluationDetail | undefined {
  const row = db.get<{ detail: string }>('SELECT detail FROM evaluations WHERE id = ?', [id]);
  return row && readJson<EvaluationDetail>(db, row.detail);
}

export interface ItemsQuery {
  /** Places of the two conditions. */
  readonly first: number;
  readonly second: number;
  readonly ahead?: 'first' | 'second' | undefined;
  readonly offset: number;
  readonly limit: number;
}

/** The items on which two conditions differ, in the order of the logs. */
export function pageItems(
  db: Reader,
  evaluation: string,
  { first, second, ahead, offset, limit }: ItemsQuery,
): { total: number; rows: EvaluationItem[] } {
  const relation = ahead === undefined ? '<>' : ahead === 'first' ? '>' : '<';
  // A comparison with NULL is never true, so items that one of the two lacks fall away.
  const where = `WHERE evaluation = ?
    AND json_extract(scores, '$[' || ? || ']') ${relation} json_extract(scores, '$[' || ? || ']')`;
  const parameters = [evaluation, String(first), String(second)];
  const counted = db.get<{ total: number }>(
    `SELECT count(*) AS total FROM evaluation_items ${where}`,
    parameters,
  );
  const rows = db.all<{ item: string }>(
    `SELECT item FROM evaluation_items ${where} ORDER BY position LIMIT ? OFFSET ?`,
    [...parameters, limit, offset],
  );
  return {
    total: counted?.total ?? 0,
    rows: rows.map(({ item }) => readJson<EvaluationItem>(db, item)),
  };
}
