import { AppError, type ErrorJson } from '../../shared/errors.ts';

export function crashed(message: string): AppError {
  return new AppError('worker-crashed', message);
}

/** An error as a job's record keeps it: an expected one as it is, a bug with its message. */
export function toErrorJson(error: unknown): ErrorJson {
  if (error instanceof AppError) return error.toJSON();
  if (isErrorJson(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AppError('internal', `Something went wrong inside Assay: ${message}`).toJSON();
}

function isErrorJson(value: unknown): value is ErrorJson {
  const error = value as Partial<ErrorJson> | null;
  return (
    typeof error === 'object' &&
    error !== null &&
    !(error instanceof Error) &&
    typeof error.code === 'string' &&
    typeof error.message === 'string'
  );
}
