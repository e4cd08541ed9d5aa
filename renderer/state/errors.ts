import { AppError } from '../../shared/errors.ts';

/** Whatever was thrown, as an error that can be shown. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  console.error(error);
  return new AppError('internal', error instanceof Error ? error.message : String(error));
}
