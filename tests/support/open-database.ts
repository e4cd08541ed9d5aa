import { openReader, openWriter } from '../../main/db/open.ts';
import { AppError } from '../../shared/errors.ts';

/** Opens a database and prints `ok` or the code of the error: node open-database.ts FILE [read]. */
const [file, mode] = process.argv.slice(2);
try {
  const db = mode === 'read' ? openReader(file!) : await openWriter(file!);
  if (mode !== 'read') db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  console.log('ok');
} catch (error) {
  console.log(error instanceof AppError ? error.code : String(error));
}
