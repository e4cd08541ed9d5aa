import type { EvaluationLog } from '../../../../shared/contract/evaluations.ts';
import {
  suggestConditions,
  type SuggestedCondition,
} from '../../../../shared/domain/evaluation.ts';
import { AppError } from '../../../../shared/errors.ts';
import { drive } from '../../../compute/steps.ts';
import type { EvalHeader, EvalLog } from '../../../formats/eval-logs/eval-log.ts';
import { openEvalLog } from '../../../formats/eval-logs/open-eval-log.ts';
import { openFileBytes } from '../../../formats/file-bytes.ts';
import { queries, type QueryOutput } from '../../queries.ts';
import { insideProject } from '../inside-project.ts';
import { compareLogs } from '../evaluations/compare-logs.ts';
import { parseInput } from '../parse-input.ts';
import type { QueryHandler } from './handler.ts';

/** `evaluations.logs`: headers; a log that cannot be read is a problem beside those that can. */
const logs: QueryHandler = async (input, { signal }): Promise<QueryOutput<'evaluations.logs'>> => {
  const asked = parseInput(queries['evaluations.logs'].input, input);
  const headers: EvalHeader[] = [];
  const files: { path: string; bytes: number }[] = [];
  const problems: QueryOutput<'evaluations.logs'>['problems'] = [];
  for (const path of asked.paths) {
    signal.throwIfAborted();
    try {
      headers.push(withLog(asked.projectPath, path, ({ header }) => header));
      files.push({ path, bytes: sizeOf(insideProject(asked.projectPath, path)) });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { code, message, details } = error;
      problems.push({ path, error: { code, message, details: { ...details } } });
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  const suggested = suggestConditions(headers);
  return {
    logs: files.map((file, index) => describeLog(file, headers[index]!, suggested[index]!)),
    problems,
  };
};

/** `evaluations.create`: reads every sample once, then compares. */
const create: QueryHandler = (input, { signal, report }) => {
  const { projectPath: folder, spec } = parseInput(queries['evaluations.create'].input, input);
  const steps = compareLogs(spec, (path) => insideProject(folder, path));
  return drive(steps, signal, ({ done, total }) => report?.(done, total));
};

/** `evaluations.transcript` */
const transcript: QueryHandler = (input) => {
  const asked = parseInput(queries['evaluations.transcript'].input, input);
  return Promise.resolve(
    withLog(asked.projectPath, asked.log, (log) => log.transcript(asked.sample, asked.epoch)),
  );
};

function withLog<T>(folder: string, path: string, read: (log: EvalLog) => T): T {
  const log = openEvalLog(insideProject(folder, path));
  try {
    return read(log);
  } finally {
    log.close();
  }
}

function sizeOf(file: string): number {
  const bytes = openFileBytes(file);
  bytes.close();
  return bytes.size;
}

/** A log by its header, for a list. */
function describeLog(
  file: { path: string; bytes: number },
  header: EvalHeader,
  { condition, noScratchpad, why }: SuggestedCondition,
): EvaluationLog {
  const { format, task, model, created, status, samples, epochs, tags, scorers } = header;
  return {
    ...file,
    format,
    task,
    model,
    created,
    status,
    samples,
    epochs,
    solvers: header.solvers.map(({ name, cot }) => (cot ? `${name} (cot)` : name)),
    tags: [...tags],
    scorers: [...scorers],
    condition,
    noScratchpad,
    why: why.slice(0, 500),
  };
}

export const evaluationQueries: Readonly<Record<string, QueryHandler>> = {
  'evaluations.logs': logs,
  'evaluations.create': create,
  'evaluations.transcript': transcript,
};
