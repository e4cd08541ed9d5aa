import BetterSqlite from 'better-sqlite3';

/** Holds a write transaction on a database until it is killed: node hold-write.ts FILE. */
const db = new BetterSqlite(process.argv[2]);
db.exec('BEGIN IMMEDIATE');
process.send!('holding');
setInterval(() => db.inTransaction, 1000);
