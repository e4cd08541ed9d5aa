import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { AppError, fileError } from '../../shared/errors.ts';
import { backUp, listBackups } from './backup.ts';
import { Reader, Writer } from './connection.ts';
import { corruptDatabase, databaseError } from './errors.ts';
import { checkKnown, migrate, readMigrations, versionOf, type Migration } from './migrate.ts';

/** "Assy" in ASCII: marks a file as a database of ours. */
export const applicationId = 0x41737379;

const busyMilliseconds = 2000;
/** Larger databases are checked whole only when they were not closed in order. */
const alwaysCheckBytes = 64 << 20;

export interface OpenOptions {
  readonly migrations?: readonly Migration[];
  readonly now?: () => number;
}

/** Folder of the backups of the database at `file`. */
export function backupFolder(file: string): string {
  return join(dirname(file), 'backups');
}

/**
 * Opens the database for writing, makes it if it is missing, checks it and brings it to the newest
 * version, after a verified backup where there was an older one.
 * @throws AppError `database-corrupt`, `database-newer`, `database-foreign`, `not-readable`,
 *   `not-writable`, `project-locked` or `disk-full`. The file stays as it was.
 */
export async function openWriter(file: string, options: OpenOptions = {}): Promise<Writer> {
  const migrations = options.migrations ?? readMigrations();
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    throw fileError(error, dirname(file), 'write');
  }
  const exists = checkFile(file, migrations.length);
  if (exists) checkWritable(file);
  const leftOpen = existsSync(`${file}-wal`);
  const connection = openConnection(file, false);
  const db = new Writer(connection, file);
  try {
    configure(db);
    if (isEmpty(db)) db.execute(`PRAGMA application_id = ${applicationId}`);
    checkContent(db, migrations.length);
    if (exists) checkSound(db, leftOpen);
    await migrate(db, migrations, async () => {
      await backUp(db, backupFolder(file), (options.now ?? Date.now)());
    });
    return db;
  } catch (error) {
    closeQuietly(connection);
    throw offerBackup(databaseError(error, file), file);
  }
}

/**
 * Opens the database for reading beside the host that writes it, for commands.
 * @throws AppError as openWriter; `not-found` where there is none, and `not-allowed-now` for one
 *   that an older release wrote and the app has yet to bring up to date.
 */
export function openReader(file: string, options: OpenOptions = {}): Reader {
  const migrations = options.migrations ?? readMigrations();
  if (!checkFile(file, migrations.length))
    throw new AppError('not-found', `${file} does not exist. Is this an Assay project?`, { file });
  const connection = openConnection(file, true);
  const db = new Reader(connection, file);
  try {
    checkContent(db, migrations.length);
    if (versionOf(db) < migrations.length)
      throw new AppError(
        'not-allowed-now',
        `${file} was written by an older Assay. Open the project once in this one to bring it up to date.`,
        { file },
      );
    return db;
  } catch (error) {
    closeQuietly(connection);
    throw offerBackup(databaseError(error, file), file);
  }
}

/** Looks at the file itself, before SQLite does. Answers whether there is a database. */
function checkFile(file: string, newest: number): boolean {
  const info = look(file);
  if (!info) return false;
  if (info.isSymbolicLink() && !existsSync(file))
    throw new AppError('not-found', `${file} is a link to a file that does not exist.`, { file });
  if (statSync(file).isDirectory())
    throw new AppError('not-readable', `${file} is a folder, where a database is expected.`, {
      file,
    });
  const header = readStart(file, 100);
  if (header.length === 0) return false;
  if (header.length < 100 || header.toString('latin1', 0, 16) !== 'SQLite format 3\0')
    throw offerBackup(corruptDatabase(file, 'it does not start as a database does'), file);
  const id = header.readUInt32BE(68);
  const version = header.readUInt32BE(60);
  // Both are 0 where a crash ended the very first opening.
  if (id !== 0 || version !== 0) checkOurs(id, file);
  checkKnown(version, newest, file);
  return true;
}

function look(file: string) {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw fileError(error, file);
  }
}

/** SQLite would open a file that may only be read, and fail at the first change. */
function checkWritable(file: string): void {
  try {
    accessSync(file, constants.W_OK);
  } catch (error) {
    throw new AppError(
      'not-writable',
      `${file} cannot be written. Check its permissions.`,
      { file },
      error,
    );
  }
}

function readStart(file: string, bytes: number): Buffer {
  try {
    const fd = openSync(file, 'r');
    try {
      const start = Buffer.alloc(bytes);
      return start.subarray(0, readSync(fd, start, 0, bytes, 0));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw fileError(error, file);
  }
}

function isEmpty(db: Reader): boolean {
  return db.get('SELECT 1 FROM sqlite_schema') === undefined && versionOf(db) === 0;
}

function openConnection(file: string, readonly: boolean): BetterSqlite.Database {
  try {
    return new BetterSqlite(file, { readonly, timeout: busyMilliseconds });
  } catch (error) {
    throw offerBackup(databaseError(error, file), file);
  }
}

function configure(db: Writer): void {
  db.pragma('trusted_schema = OFF');
  db.pragma('cell_size_check = ON');
  db.pragma('foreign_keys = ON');
  if (db.pragma('journal_mode = WAL') !== 'wal')
    throw new AppError(
      'unsupported',
      `${db.file} lies on a file system that cannot hold a live database. Move the project to a local disk.`,
      { file: db.file },
    );
  db.pragma('synchronous = FULL');
  db.pragma(`journal_size_limit = ${64 << 20}`);
}

/** As checkFile, but of what SQLite sees, which includes what is still in the wal. */
function checkContent(db: Reader, newest: number): void {
  checkOurs((db.pragma('application_id') as number) >>> 0, db.file);
  checkKnown(versionOf(db), newest, db.file);
}

function checkOurs(id: number, file: string): void {
  if (id === applicationId) return;
  throw new AppError(
    'database-foreign',
    `${file} is a database of another program. Move it away, or open another folder.`,
    { file, applicationId: id },
  );
}

/**
 * Structure, and after a crash also the agreement of tables and indexes: a wal that belongs to
 * another database is found there.
 */
function checkSound(db: Writer, leftOpen: boolean): void {
  if (!leftOpen && statSync(db.file).size > alwaysCheckBytes) return;
  const verdict = db.pragma(leftOpen ? 'integrity_check(1)' : 'quick_check(1)');
  if (verdict !== 'ok') throw corruptDatabase(db.file, String(verdict).slice(0, 300));
}

/** A damaged database names the backup that could take its place. */
function offerBackup(error: unknown, file: string): unknown {
  if (!(error instanceof AppError) || error.code !== 'database-corrupt') return error;
  const backup = listBackups(backupFolder(file)).at(-1);
  return new AppError(
    error.code,
    error.message,
    { ...error.details, backup: backup?.path ?? null, backupTime: backup?.time ?? null },
    error,
  );
}

function closeQuietly(connection: BetterSqlite.Database): void {
  try {
    connection.close();
  } catch {
    // The error that led here is the one to report.
  }
}
