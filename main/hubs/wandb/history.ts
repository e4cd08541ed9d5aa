import * as v from 'valibot';
import { notUnderstood } from '../hub-errors.ts';
import { variablesOf, type RunAddress, type WandbClient, type WandbRun } from './client.ts';
import { historyQuery, sampledHistoryQuery } from './queries.ts';
import { historyAnswer, sampledHistoryAnswer } from './schemas.ts';

/** The values that were logged at one step, as they were. */
export interface HistoryRow {
  readonly step: number;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface HistoryOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of the newest step that was read, and of the last one. */
  readonly progress?: (done: number, total: number) => void;
  /** Rows of one question. */
  readonly page?: number;
}

const rowsPerQuestion = 1000;
const samplesPerCurve = 1500;
const curvesPerQuestion = 20;

/**
 * Every row of a run's history, in the order of its steps. A question for steps from a to b answers
 * at most `samples` rows and thins what is more: as long as it answers fewer, nothing is missing, and
 * the next stretch may be longer; a full answer is asked again in halves. A stretch of no more steps
 * than samples is complete, since a step has at most one row.
 */
export async function* scanHistory(
  client: WandbClient,
  address: RunAddress,
  run: WandbRun,
  options: HistoryOptions = {},
): AsyncGenerator<HistoryRow> {
  const { signal, progress, page = rowsPerQuestion } = options;
  const last = run.lastStep ?? stepOf(run.summary['_step']) ?? -1;
  let stretch = page;
  for (let from = 0; from <= last;) {
    const to = Math.min(from + stretch, last + 1);
    const rows = await askHistory(client, address, { from, to, count: page, signal });
    if (rows.length >= page && to - from > page) {
      stretch = Math.max(page, Math.floor((to - from) / 2));
      continue;
    }
    yield* rows;
    if (rows.length < page / 2) stretch = Math.min(stretch * 2, Number.MAX_SAFE_INTEGER);
    from = to;
    progress?.(Math.min(from, last), last);
  }
}

/**
 * Each curve of a run thinned by the server to about 1,500 rows, in the order of steps: a look at a
 * run with millions of them. Curves are asked for one by one, since an answer holds only the rows
 * that have all names of its question.
 */
export async function* sampleHistory(
  client: WandbClient,
  address: RunAddress,
  run: WandbRun,
  options: HistoryOptions = {},
): AsyncGenerator<HistoryRow> {
  const { signal, progress } = options;
  const rows = new Map<number, Record<string, unknown>>();
  for (let start = 0; start < run.historyKeys.length; start += curvesPerQuestion) {
    const keys = run.historyKeys.slice(start, start + curvesPerQuestion);
    for (const { step, values } of await askSamples(client, address, keys, signal))
      rows.set(step, Object.assign(rows.get(step) ?? Object.create(null), values));
    progress?.(Math.min(start + keys.length, run.historyKeys.length), run.historyKeys.length);
  }
  for (const step of [...rows.keys()].sort((a, b) => a - b))
    yield { step, values: rows.get(step)! };
}

async function askSamples(
  client: WandbClient,
  address: RunAddress,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<HistoryRow[]> {
  const what = `the curves of ${address.run}`;
  const specs = keys.map((key) =>
    JSON.stringify({ keys: ['_step', key], samples: samplesPerCurve }),
  );
  const answer = await client.ask(
    { query: sampledHistoryQuery, variables: { ...variablesOf(address), specs }, what, signal },
    sampledHistoryAnswer,
  );
  const curves = answer.project?.run?.sampledHistory;
  if (curves) return curves.flat().map(rowOf).filter(isRow);
  throw notUnderstood(client.http.asked(what), 'the run is missing');
}

async function askHistory(
  client: WandbClient,
  address: RunAddress,
  parts: { from: number; to: number; count: number; signal: AbortSignal | undefined },
): Promise<HistoryRow[]> {
  const { signal, ...stretch } = parts;
  const what = `steps ${parts.from} to ${parts.to} of ${address.run}`;
  const variables = { ...variablesOf(address), ...stretch };
  const answer = await client.ask({ query: historyQuery, variables, what, signal }, historyAnswer);
  const texts = answer.project?.run?.history ?? [];
  const row = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown()));
  return texts
    .map((text) => {
      const parsed = v.safeParse(row, text);
      if (parsed.success) return rowOf(parsed.output);
      throw notUnderstood(client.http.asked(what), 'a row is not JSON');
    })
    .filter(isRow);
}

function rowOf({ _step, ...values }: Record<string, unknown>): HistoryRow | null {
  const step = stepOf(_step);
  return step === null ? null : { step, values };
}

function isRow(row: HistoryRow | null): row is HistoryRow {
  return row !== null;
}

function stepOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}
