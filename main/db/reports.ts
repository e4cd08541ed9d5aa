import type { ReportRow } from '../../shared/contract/reports.ts';
import type { Reader, Writer } from './connection.ts';

const select = 'SELECT id, title, created_at AS createdAt, path, bytes, sha256 FROM reports';

export function insertReport(db: Writer, report: ReportRow): void {
  const { id, title, createdAt, path, bytes, sha256 } = report;
  db.run(
    'INSERT INTO reports (id, title, created_at, path, bytes, sha256) VALUES (?, ?, ?, ?, ?, ?)',
    [id, title, createdAt, path, bytes, sha256],
  );
}

/** Newest first. */
export function listReports(db: Reader): ReportRow[] {
  return db.all<ReportRow>(`${select} ORDER BY created_at DESC, rowid DESC`);
}

export function getReport(db: Reader, id: string): ReportRow | undefined {
  return db.get<ReportRow>(`${select} WHERE id = ?`, [id]);
}
