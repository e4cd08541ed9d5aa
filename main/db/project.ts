import { randomUUID } from 'node:crypto';
import type { Reader, Writer } from './connection.ts';

export interface StoredProject {
  readonly uid: string;
  readonly createdAt: number;
  readonly notes: string;
}

/** The project's own row, made on the first opening. */
export function ensureProject(db: Writer, now: number): StoredProject {
  db.run('INSERT OR IGNORE INTO project (id, uid, created_at) VALUES (1, ?, ?)', [
    randomUUID(),
    now,
  ]);
  return getProject(db)!;
}

export function getProject(db: Reader): StoredProject | undefined {
  return db.get<StoredProject>('SELECT uid, created_at AS createdAt, notes FROM project');
}

export function setProjectNotes(db: Writer, notes: string): void {
  db.run('UPDATE project SET notes = ?', [notes]);
}

export interface ProjectCounts {
  readonly runs: number;
  readonly dictionaries: number;
  readonly fits: number;
  readonly reports: number;
  readonly interrupted: number;
}

export function countProject(db: Reader): ProjectCounts {
  return db.get<ProjectCounts>(
    `SELECT (SELECT count(*) FROM runs) AS runs,
            (SELECT count(*) FROM dictionaries) AS dictionaries,
            (SELECT count(*) FROM fits) AS fits,
            (SELECT count(*) FROM reports) AS reports,
            (SELECT count(*) FROM jobs WHERE state = 'interrupted') AS interrupted`,
  )!;
}
