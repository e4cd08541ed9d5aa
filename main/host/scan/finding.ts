import { statSync } from 'node:fs';
import type { FoundItem } from '../../../shared/contract/project.ts';
import { AppError, fileError, type ErrorJson } from '../../../shared/errors.ts';

/** What a scanner says of one file or folder; the walk adds its path, and its size where it is a file. */
export interface Finding {
  readonly kind: FoundItem['kind'];
  readonly format: string;
  readonly facts: string[];
  readonly numbers: Record<string, number>;
  readonly problem: FoundItem['problem'];
  readonly name?: string;
  readonly bytes?: number;
}

/** An error as an item's problem. @throws what is not an expected error. */
export function problemOf(error: unknown, file: string): FoundItem['problem'] {
  const known = fileError(error, file);
  if (known instanceof AppError) return problemJson(known.toJSON());
  throw error;
}

export function problemJson(error: ErrorJson): FoundItem['problem'] {
  return { ...error, details: { ...error.details } };
}

/** A whole number as people write it: 50,257. */
export function grouped(value: number): string {
  return value.toLocaleString('en');
}

/** Bytes of a file; undefined for what is no file, a link to nothing, or a link to itself. */
export function fileSize(path: string): number | undefined {
  try {
    const info = statSync(path);
    return info.isFile() ? info.size : undefined;
  } catch {
    return undefined;
  }
}
