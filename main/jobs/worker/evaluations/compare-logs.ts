import { createHash } from 'node:crypto';
import type { EvaluationSpec } from '../../../../shared/domain/evaluation.ts';
import { AppError } from '../../../../shared/errors.ts';
import {
  compareConditions,
  type ComparedLog,
} from '../../../compute/evaluation/compare-conditions.ts';
import { ConditionItems } from '../../../compute/evaluation/condition-items.ts';
import { ScratchpadCheck } from '../../../compute/evaluation/scratchpad-check.ts';
import type { Steps } from '../../../compute/steps.ts';
import type { EvalLog } from '../../../formats/eval-logs/eval-log.ts';
import { openEvalLog } from '../../../formats/eval-logs/open-eval-log.ts';
import { openFileBytes } from '../../../formats/file-bytes.ts';
import type { QueryOutput } from '../../queries.ts';
import { chooseScorer, scorersOf } from './choose-scorer.ts';

/** A log that is read, with the place of its condition. */
interface OpenLog {
  readonly path: string;
  readonly file: string;
  readonly condition: number;
  readonly log: EvalLog;
  readonly scorers: readonly string[];
}

/**
 * Compares the conditions of a spec: logs are opened and closed here, samples are read one at a time,
 * oldest log first, so that of two logs with the same samples the newer holds.
 * @param resolve makes a file's path of a log's name
 * @throws AppError what the readers throw; `bad-input` where no scorer serves.
 */
export function* compareLogs(
  spec: EvaluationSpec,
  resolve: (path: string) => string,
): Steps<QueryOutput<'evaluations.create'>> {
  const names = conditionNames(spec);
  const logs: OpenLog[] = [];
  try {
    for (const { path, condition } of spec.logs) {
      const file = resolve(path);
      const log = openEvalLog(file);
      logs.push({ path, file, condition: names.indexOf(condition), log, scorers: scorersOf(log) });
      yield { phase: 'opening logs', done: logs.length, total: spec.logs.length };
    }
    const { scorer, scorers } = chooseScorer(logs, spec.scorer);
    const rules = {
      scorer,
      cluster: spec.cluster ?? null,
      errored: spec.errored,
      limited: spec.limited,
    };
    const items = new ConditionItems(names.length, rules, hasSeveralTasks(logs));
    const checks = names.map(() => new ScratchpadCheck());
    yield* readSamples(logs, items, checks);
    const compared = logs.map((log) => comparedLog(log, names, scorer));
    const { items: kept, ...comparison } = yield* compareConditions(
      { names, items, checks, logs: compared, scorer },
      spec,
    );
    const described = [];
    for (const log of logs) described.push(yield* describe(log, names));
    return {
      detail: { spec, logs: described, scorer, scorers, ...comparison },
      items: [...kept],
    };
  } finally {
    for (const { log } of logs) log.close();
  }
}

/** The baseline first, then as the logs name them. */
function conditionNames({ logs, baseline }: EvaluationSpec): string[] {
  const names = logs.map(({ condition }) => condition);
  return [...new Set(baseline === undefined ? names : [baseline, ...names])];
}

/** Whether a sample's id tells it apart only together with its task. */
function hasSeveralTasks(logs: readonly OpenLog[]): boolean {
  const tasks = Map.groupBy(logs, ({ condition }) => condition);
  return [...tasks.values()].some(
    (group) => new Set(group.map(({ log }) => log.header.task)).size > 1,
  );
}

function* readSamples(
  logs: readonly OpenLog[],
  items: ConditionItems,
  checks: readonly ScratchpadCheck[],
): Steps<void> {
  const total = logs.reduce((sum, { log }) => sum + log.header.samples, 0);
  let done = 0;
  const oldestFirst = [...logs.entries()].sort(([, a], [, b]) =>
    (a.log.header.created ?? '').localeCompare(b.log.header.created ?? ''),
  );
  for (const [index, { path, condition, log }] of oldestFirst)
    for (const sample of log.samples()) {
      items.add(sample, { condition, log: index, task: log.header.task });
      checks[condition]!.add(sample, path);
      yield { phase: 'reading samples', done: Math.min(++done, total), total };
    }
  if (items.items.length === 0)
    throw new AppError(
      'bad-input',
      'The logs hold no samples. Choose logs that were written with log_samples.',
      { place: 'logs' },
    );
}

function comparedLog(open: OpenLog, names: readonly string[], scorer: string): ComparedLog {
  const { model, task, status, reasoning } = open.log.header;
  return {
    path: open.path,
    condition: names[open.condition]!,
    model,
    task,
    status,
    reasoning,
    hasScorer: open.scorers.includes(scorer),
  };
}

const chunkBytes = 8 << 20;

function* describe(
  open: OpenLog,
  names: readonly string[],
): Steps<QueryOutput<'evaluations.create'>['detail']['logs'][number]> {
  const bytes = openFileBytes(open.file);
  const hash = createHash('sha256');
  try {
    for (let at = 0; at < bytes.size; at += chunkBytes) {
      hash.update(bytes.read(at, Math.min(chunkBytes, bytes.size - at)));
      yield { phase: 'hashing logs', done: at, total: bytes.size };
    }
  } finally {
    bytes.close();
  }
  const { format, task, model, created, status, samples, epochs } = open.log.header;
  const facts = { format, task, model, created, status, samples, epochs };
  const condition = names[open.condition]!;
  return { ...facts, path: open.path, condition, bytes: bytes.size, sha256: hash.digest('hex') };
}
