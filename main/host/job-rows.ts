import { closeSync, existsSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { logLine, type JobRow, type LogLine } from '../../shared/contract/jobs.ts';
import type { JobRecord } from '../../shared/domain/job-record.ts';
import { allowedActions } from '../../shared/domain/job-state.ts';
import { fileError } from '../../shared/errors.ts';
import { jobFiles } from '../jobs/job-folder.ts';
import type { JobManager } from '../jobs/manager.ts';
import { problemJson } from './scan/finding.ts';

/** A job as pages see it; one that is at work tells how far it is through its manager. */
export function jobRow(job: JobRecord, runs: readonly string[], manager?: JobManager): JobRow {
  const { id, kind, name, spec, state, createdAt, startedAt, endedAt, attempt, error } = job;
  return {
    id,
    kind,
    name,
    state,
    actions: allowedActions(state),
    createdAt,
    startedAt,
    endedAt,
    attempt,
    progress: manager ? manager.progressOf(job) : job.progress,
    error: error && problemJson(error),
    checkpointStep: job.checkpointStep,
    runs: [...runs],
    dictionaries: spec.kind === 'features' ? spec.dictionaries.map((one) => one.id) : [],
  };
}

const chunkBytes = 256 << 10;

/**
 * Lines of a job's log from a position on. Positions are bytes of the file; `next` is where to go on.
 * A line that is still being written is left for the next time.
 */
export function readLog(
  folder: string,
  after: number,
  limit: number,
): { lines: LogLine[]; next: number } {
  const path = join(folder, jobFiles.log);
  if (!existsSync(path)) return { lines: [], next: after };
  const chunk = Buffer.alloc(chunkBytes);
  let length: number;
  try {
    const fd = openSync(path, 'r');
    try {
      length = readSync(fd, chunk, 0, chunkBytes, after);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw fileError(error, path);
  }
  const lines: LogLine[] = [];
  let start = 0;
  while (lines.length < limit) {
    const end = chunk.subarray(0, length).indexOf(0x0a, start);
    if (end < 0) break;
    const line = parseLine(chunk.toString('utf8', start, end));
    if (line) lines.push(line);
    start = end + 1;
  }
  // A line longer than the chunk can never be shown; it must not hold up those after it.
  if (start === 0 && length === chunkBytes) start = length;
  return { lines, next: after + start };
}

function parseLine(text: string): LogLine | undefined {
  try {
    const parsed = v.safeParse(logLine, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/** Adds a line of the host's own, such as how a worker ended. A full disk is no reason to fail. */
export function appendLog(folder: string, line: LogLine): void {
  try {
    mkdirSync(folder, { recursive: true });
    const fd = openSync(join(folder, jobFiles.log), 'a');
    try {
      writeSync(fd, `${JSON.stringify(line)}\n`);
    } finally {
      closeSync(fd);
    }
  } catch {
    // The record of the job carries its error all the same.
  }
}
