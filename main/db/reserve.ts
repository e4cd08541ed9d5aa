import { hasCode } from '../../shared/errors.ts';
import type { Writer } from './connection.ts';

const reserveBytes = 1 << 20;

/**
 * Makes room in the database and in its wal for small changes, so that on a disk that is full a job
 * can be written down as paused. Where there is no room at all, the project can be read all the same.
 */
export function reserveRoom(db: Writer): void {
  try {
    db.execute('DROP TABLE IF EXISTS reserve; CREATE TABLE reserve (bytes BLOB) STRICT');
    // Freed pages stay in the file, but only pages that were committed are in the wal.
    db.execute(`INSERT INTO reserve VALUES (zeroblob(${reserveBytes}))`);
    db.execute('DROP TABLE reserve');
    db.pragma('wal_checkpoint(RESTART)');
  } catch (error) {
    if (!hasCode(error, 'disk-full')) throw error;
  }
}
