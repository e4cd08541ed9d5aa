import BetterSqlite from 'better-sqlite3';

export function sqliteVersion(): string {
  const db = new BetterSqlite(':memory:');
  try {
    return String(db.prepare('SELECT sqlite_version()').pluck().get());
  } finally {
    db.close();
  }
}
