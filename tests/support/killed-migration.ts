import BetterSqlite from 'better-sqlite3';
import { backUp } from '../../main/db/backup.ts';
import { Writer } from '../../main/db/connection.ts';
import { migrate, readMigrations } from '../../main/db/migrate.ts';
import { backupFolder } from '../../main/db/open.ts';

/** Migrates a database and is killed at one of the statements: node killed-migration.ts FILE N. */
const [file, killAt] = process.argv.slice(2);
const connection = new BetterSqlite(file);
connection.function('reached', (statement) => {
  if (statement === Number(killAt)) process.kill(process.pid, 'SIGKILL');
  return 0;
});
const db = new Writer(connection, file!);
const sql = [
  "ALTER TABLE project ADD COLUMN motto TEXT NOT NULL DEFAULT 'none'",
  "UPDATE project SET motto = 'carried over'",
  'CREATE TABLE extra (id INTEGER PRIMARY KEY) STRICT',
  'INSERT INTO extra (id) VALUES (1)',
].map((statement, index) => `${statement}; SELECT reached(${index + 1});`);
await migrate(
  db,
  [...readMigrations().slice(0, 1), { version: 2, name: '002', sql: sql.join('\n') }],
  async () => void (await backUp(db, backupFolder(file!), 7)),
);
