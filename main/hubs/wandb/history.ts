import * as v from 'valibot';
import { notUnderstood } from '../hub-errors.ts';
import { variablesOf, type RunAddress, type WandbClient, type WandbRun } from './client.ts';
import { historyQuery, sampledHistoryQuery } from './queries.ts';
import { historyAnswer, sampledHistoryAnswer } from './schemas.ts';

/** Rows of a history by name, `_step` among them; values that are no numbers are left out. */
export type HistoryRow = Readonly<Record<string, number>>;

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
): AsyncGenerator<HistoryRow[]> {
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
    if (rows.length > 0) yield rows;
    if (rows.length < page / 2) stretch = Math.min(stretch * 2, Number.MAX_SAFE_INTEGER);
    from = to;
    progress?.(Math.min(from, last), last);
  }
}

/**
 * Each curve of a run thinned by the server to about 1,500 rows: a look at a run with millions of
 * steps. Curves are asked for one by one, since an answer holds only the rows that have all names.
 */
export async function* sampleHistory(
  client: WandbClient,
  address: RunAddress,
  run: WandbRun,
  options: HistoryOptions = {},
): AsyncGenerator<HistoryRow[]> {
  const what = `the curves of ${address.run}`;
  const { signal, progress } = options;
  for (let start = 0; start < run.historyKeys.length; start += curvesPerQuestion) {
    const keys = run.historyKeys.slice(start, start + curvesPerQuestion);
    const specs = keys.map((key) =>
      JSON.stringify({ keys: ['_step', key], samples: samplesPerCurve }),
    );
    const variables = { ...variablesOf(address), specs };
    const answer = await client.ask(
      { query: sampledHistoryQuery, variables, what, signal },
      sampledHistoryAnswer,
    );
    const curves = answer.project?.run?.sampledHistory;
    if (curves === undefined) throw notUnderstood(client.http.asked(what), 'the run is missing');
    for (const rows of curves) yield rows.map(numbersOf).filter(hasStep);
    progress?.(Math.min(start + keys.length, run.historyKeys.length), run.historyKeys.length);
  }
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
      if (parsed.success) return numbersOf(parsed.output);
      throw notUnderstood(client.http.asked(what), 'a row is not JSON');
    })
    .filter(hasStep);
}

function numbersOf(row: Record<string, unknown>): HistoryRow {
  return Object.fromEntries(
    Object.entries(row).filter(
      (entry): entry is [string, number] =>
        typeof entry[1] === 'number' && Number.isFinite(entry[1]),
    ),
  );
}

function hasStep(row: HistoryRow): boolean {
  return row['_step'] !== undefined;
}

function stepOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}
