import type { FitDetail, FitRow } from '../../shared/contract/statistics.ts';
import type { Reader, Writer } from './connection.ts';
import { readJson } from './json.ts';

export function insertFit(db: Writer, fit: FitDetail, job: string | null): void {
  db.run(
    `INSERT INTO fits (id, job, name, created_at, table_path, formula, family, n, r2, warnings, detail)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      fit.id,
      job,
      fit.name,
      fit.createdAt,
      fit.spec.table,
      fit.spec.formula,
      fit.spec.family,
      fit.n,
      fit.r2,
      fit.warnings.length,
      JSON.stringify(fit),
    ],
  );
}

/** Newest first. */
export function listFits(db: Reader): FitRow[] {
  return db.all<FitRow>(
    `SELECT id, name, created_at AS createdAt, table_path AS "table", formula,
            json_extract(detail, '$.spec.filter') AS filter, family, n, r2, warnings
     FROM fits ORDER BY created_at DESC, rowid DESC`,
  );
}

export function getFit(db: Reader, id: string): FitDetail | undefined {
  const row = db.get<{ detail: string }>('SELECT detail FROM fits WHERE id = ?', [id]);
  return row && readJson<FitDetail>(db, row.detail);
}
