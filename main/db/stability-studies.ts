import type { StabilityDetail, StabilityRow } from '../../shared/contract/stability.ts';
import type { Reader, Writer } from './connection.ts';
import { readJson } from './json.ts';

export function insertStability(db: Writer, study: StabilityDetail, job: string | null): void {
  db.run(
    `INSERT INTO stability_studies
       (id, job, name, created_at, table_path, formula, template, n, refits, warnings, detail)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      study.id,
      job,
      study.name,
      study.createdAt,
      study.spec.table,
      study.spec.formula,
      study.spec.template ?? null,
      study.n,
      study.modes.reduce((sum, { refits }) => sum + refits, 0),
      study.warnings.length,
      JSON.stringify(study),
    ],
  );
}

/** Newest first. */
export function listStability(db: Reader): StabilityRow[] {
  return db.all<StabilityRow>(
    `SELECT id, name, created_at AS createdAt, table_path AS "table", formula, template, n, refits,
            warnings
     FROM stability_studies ORDER BY created_at DESC, rowid DESC`,
  );
}

export function getStability(db: Reader, id: string): StabilityDetail | undefined {
  const row = db.get<{ detail: string }>('SELECT detail FROM stability_studies WHERE id = ?', [id]);
  return row && readJson<StabilityDetail>(db, row.detail);
}
