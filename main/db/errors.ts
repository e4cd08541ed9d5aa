import { AppError, fileError } from '../../shared/errors.ts';

/**
 * What SQLite reports, as something that a user can act on. The extended codes of one family share
 * their beginning (SQLITE_IOERR_WRITE, SQLITE_CORRUPT_VTAB).
 */
export function databaseError(error: unknown, file: string): unknown {
  if (error instanceof AppError) return error;
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return fileError(error, file);
  const details = { file, sqlite: code };
  const is = (family: string) => code.startsWith(`SQLITE_${family}`);
  if (is('CORRUPT') || is('NOTADB') || is('IOERR_SHORT_READ'))
    return corruptDatabase(file, messageOf(error), error);
  if (is('FULL'))
    return new AppError(
      'disk-full',
      `${file} could not be written: the disk is full. Free some space and try again.`,
      details,
      error,
    );
  if (is('BUSY') || is('LOCKED'))
    return new AppError(
      'project-locked',
      `${file} is in use by another program. Close it there and try again.`,
      details,
      error,
    );
  if (is('READONLY'))
    return new AppError(
      'not-writable',
      `${file} cannot be written. Check the permissions of the file and of its folder.`,
      details,
      error,
    );
  if (is('CANTOPEN') || is('PERM') || is('AUTH') || is('IOERR'))
    return new AppError(
      'not-readable',
      `${file} cannot be opened (${code}). Check that its disk is connected and its permissions.`,
      details,
      error,
    );
  return error;
}

export function corruptDatabase(file: string, problem: string, cause?: unknown): AppError {
  return new AppError(
    'database-corrupt',
    `${file} is damaged: ${problem}. Repair the project: Assay sets the damaged file aside, takes the last backup, and reads the results of finished jobs again.`,
    { file, problem },
    cause,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
