import type { EvaluationLog } from '../../../../shared/contract/evaluations.ts';
import { suggestCondition } from '../../../../shared/domain/evaluation.ts';
import { AppError } from '../../../../shared/errors.ts';
import { drive } from '../../../compute/steps.ts';
import type { EvalLog } from '../../../formats/eval-logs/eval-log.ts';
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
  const found: QueryOutput<'evaluations.logs'> = { logs: [], problems: [] };
  for (const path of asked.paths) {
    signal.throwIfAborted();
    try {
      found.logs.push(withLog(asked.projectPath, path, (log) => describeLog(path, log)));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { code, message, details } = error;
      found.problems.push({ path, error: { code, message, details: { ...details } } });
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return found;
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

/** A log by its header, for a list. */
export function describeLog(path: string, { path: file, header }: EvalLog): EvaluationLog {
  const bytes = openFileBytes(file);
  bytes.close();
  const { condition, noScratchpad, why } = suggestCondition(header);
  const { format, task, model, created, status, samples, epochs, tags, scorers } = header;
  const solvers = header.solvers.map(({ name, cot }) => (cot ? `${name} (cot)` : name));
  const facts = { format, task, model, created, status, samples, epochs, solvers, scorers };
  return {
    ...facts,
    path,
    bytes: bytes.size,
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
