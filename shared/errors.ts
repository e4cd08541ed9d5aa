/**
 * The closed set of expected failures. A code names the kind; the message is a sentence that says
 * what happened and what to do next; `details` carry the file, the place in it and the numbers.
 * Anything that is not an AppError is a bug: it is logged with its stack and shown as `internal`.
 */
export const errorCodes = [
  // calls
  'bad-input',
  'bad-output',
  'unknown-operation',
  'cancelled',
  'timeout',
  'closed',
  'internal',
  'usage',
  // files and formats
  'not-found',
  'not-readable',
  'not-writable',
  'disk-full',
  'truncated',
  'corrupt',
  'unsupported',
  'too-large',
  'shape-mismatch',
  'dtype-mismatch',
  'tokenizer-mismatch',
  'hash-mismatch',
  // specs and runs
  'bad-spec',
  'engine-unavailable',
  'out-of-memory',
  'non-finite',
  'worker-crashed',
  'not-allowed-now',
  // hubs
  'needs-key',
  'not-permitted',
  'rate-limited',
  'hub-unavailable',
  // projects and the database
  'project-locked',
  'database-corrupt',
  'database-newer',
  'database-foreign',
  // tables and regressions
  'bad-formula',
  'bad-filter',
  'ragged-table',
  'not-numeric',
  'unknown-column',
  'constant-column',
  'one-class',
  'too-few-rows',
  'separation',
  'no-convergence',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** What an error says beyond its sentence. `file` and `place` locate bad input; all values are JSON. */
export type ErrorDetails = Readonly<Record<string, unknown>> & {
  readonly file?: string;
  readonly place?: string;
};

/** An error as it crosses a process or transport boundary. */
export interface ErrorJson {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

/** An expected failure: something the user can understand and act on. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AppError';
    this.code = code;
    this.details = details;
  }

  toJSON(): ErrorJson {
    return { code: this.code, message: this.message, details: this.details };
  }
}

/** Rebuilds an error on the far side of a boundary. */
export function errorFromJson(json: ErrorJson): AppError {
  return new AppError(json.code, json.message, json.details);
}

/** True for an error that carries the given code. */
export function hasCode(error: unknown, code: ErrorCode): error is AppError {
  return error instanceof AppError && error.code === code;
}

const systemCodes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'not-found',
  ENOTDIR: 'not-found',
  EACCES: 'not-readable',
  EPERM: 'not-readable',
  EISDIR: 'not-readable',
  EROFS: 'not-writable',
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EIO: 'not-readable',
};

const systemSentences: Partial<Record<ErrorCode, string>> = {
  'not-found': 'does not exist. Check the path.',
  'not-readable': 'cannot be read. Check its permissions.',
  'not-writable': 'lies on a read-only file system. Choose a folder that can be written.',
  'disk-full': 'could not be written: the disk is full. Free some space and try again.',
};

/** What the same failures mean where something was to be written. */
const writeSentences: Readonly<Record<string, string>> = {
  EACCES: 'cannot be written. Check the permissions of its folder.',
  EPERM: 'cannot be written. Check the permissions of its folder.',
  EISDIR: 'cannot be written: it is a folder.',
  EIO: 'could not be written: the disk reported an error. Choose another place and check the disk.',
};

/** Turns a failed file operation into an AppError that names the file; other errors pass through. */
export function fileError(
  error: unknown,
  file: string,
  access: 'read' | 'write' = 'read',
): unknown {
  if (error instanceof AppError) return error;
  const system = (error as { code?: unknown } | null)?.code;
  if (typeof system !== 'string') return error;
  const sentence = access === 'write' ? writeSentences[system] : undefined;
  const code = sentence === undefined ? systemCodes[system] : 'not-writable';
  if (!code) return error;
  const message = `${file} ${sentence ?? systemSentences[code]}`;
  return new AppError(code, message, { file, system }, error);
}
