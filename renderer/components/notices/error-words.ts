import { AppError } from '../../../shared/errors.ts';

export interface ErrorWords {
  readonly title: string;
  /** The file, and the place in it. */
  readonly where: string | null;
  readonly next: string | null;
  /** To paste into a bug report. */
  readonly copy: string;
}

/** An error in words: what happened, where, and what to do next. */
export function errorWords(error: unknown): ErrorWords {
  if (!(error instanceof AppError)) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      title: 'Something went wrong inside Assay',
      where: null,
      next: `This is a fault of the program, not of your data. ${message}`,
      copy: error instanceof Error ? (error.stack ?? message) : message,
    };
  }
  const { file, place } = error.details;
  const where = [file, place].filter((part) => typeof part === 'string' && part !== '').join(', ');
  // The sentence after the first says what to do; it stands alone, so that the eye finds it.
  const [, first = error.message, rest = ''] =
    /^(.{1,300}?[.!?])\s+(?=\p{Lu})(.*)$/su.exec(error.message) ?? [];
  return {
    title: first,
    where: where === '' ? null : where,
    next: rest === '' ? null : rest,
    copy: JSON.stringify(error.toJSON(), null, 2),
  };
}
