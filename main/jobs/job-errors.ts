import { sep } from 'node:path';
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

/**
 * An error with files of the project named from its folder, as specs name them: the record of a job is
 * shown, copied and given away, and where the project lies is nothing that it needs to tell. Paths that
 * lead elsewhere stay as they are.
 */
export function namedFromProject(error: ErrorJson, projectPath: string): ErrorJson {
  const folder = projectPath.endsWith(sep) ? projectPath : projectPath + sep;
  if (folder === sep) return error;
  const shorten = (text: string) =>
    text.split(folder).reduce((before, after) =>
      // In the middle of a longer path it is another folder.
      /[\w./\\-]$/.test(before) ? before + folder + after : before + after,
    );
  const details = Object.entries(error.details).map(([name, value]) => [
    name,
    typeof value === 'string' ? shorten(value) : value,
  ]);
  return {
    ...error,
    message: shorten(error.message),
    details: Object.fromEntries(details) as ErrorJson['details'],
  };
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
