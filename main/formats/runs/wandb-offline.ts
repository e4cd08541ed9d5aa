import { basename } from 'node:path';
import type { ForeignRun, HistoryRow } from './foreign-run.ts';
import { fieldsOf, messageOf, numberOf, textOf, type Place } from './protobuf.ts';
import { wandbRecords } from './wandb-records.ts';

/** Field numbers of wandb/proto/wandb_internal.proto (wandb 0.31). */
const record = { history: 2, summary: 3, config: 5, run: 17, exit: 18 } as const;
const run = { id: 1, entity: 2, project: 3, config: 4, group: 6, name: 8, runtime: 20 } as const;
const update = 1;
const history = { item: 1, step: 2 } as const;
const item = { key: 1, nested: 2, json: 16 } as const;
const exit = { runtime: 2 } as const;
const mostNested = 16;

/**
 * A run that W&B logged offline, from its `.wandb` file. The file is read twice: once for config, summary
 * and name, which may come at its end, and once more, piece by piece, when the history is asked for.
 * @throws AppError `corrupt`, `truncated`, `unsupported` or `too-large` naming file and byte.
 */
export function readWandbFile(file: string): ForeignRun {
  const about = new About();
  let cut: string | undefined;
  for (const { data, place } of wandbRecords(file, (at) => (cut = at)))
    about.read(data, { file, place });
  const notes = cut === undefined ? [] : [cutNote(file, cut)];
  return {
    name: about.name || about.id || basename(file, '.wandb'),
    ...(about.group === '' ? {} : { group: about.group }),
    config: unwrapConfig(about.config),
    summary: about.summary,
    seconds: about.seconds ?? runtimeOf(about.summary),
    history: { [Symbol.iterator]: () => readHistory(file) },
    notes,
  };
}

function runtimeOf(summary: Readonly<Record<string, unknown>>): number | null {
  const runtime = summary['_runtime'];
  return typeof runtime === 'number' && Number.isFinite(runtime) ? runtime : null;
}

/** What is said of a log whose last record is not whole. */
export function cutNote(file: string, place: string): string {
  return `${basename(file)} ends in the middle of a record (${place}), as after a run that was killed; what came before it was read.`;
}

class About {
  id = '';
  name = '';
  group = '';
  seconds: number | null = null;
  readonly config: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  readonly summary: Record<string, unknown> = Object.create(null) as Record<string, unknown>;

  read(data: Buffer, where: Place): void {
    for (const field of fieldsOf(data, where)) {
      const message = messageOf(field);
      if (!message) continue;
      if (field.number === record.run) this.#readRun(message, where);
      else if (field.number === record.config) readItems(message, where, this.config);
      else if (field.number === record.summary) readItems(message, where, this.summary);
      else if (field.number === record.exit) this.#readExit(message, where);
    }
  }

  #readRun(message: Buffer, where: Place): void {
    for (const field of fieldsOf(message, where)) {
      if (field.number === run.id) this.id = textOf(field);
      else if (field.number === run.name) this.name = textOf(field);
      else if (field.number === run.group) this.group = textOf(field);
      else if (field.number === run.config) {
        const config = messageOf(field);
        if (config) readItems(config, where, this.config);
      }
    }
  }

  #readExit(message: Buffer, where: Place): void {
    for (const field of fieldsOf(message, where))
      if (field.number === exit.runtime) this.seconds = numberOf(field);
  }
}

/** Items of a ConfigRecord or a SummaryRecord, each a JSON value under a key. */
function readItems(message: Buffer, where: Place, into: Record<string, unknown>): void {
  for (const field of fieldsOf(message, where)) {
    const inner = field.number === update ? messageOf(field) : undefined;
    if (!inner) continue;
    putItem(inner, where, into);
  }
}

function* readHistory(file: string): Generator<HistoryRow> {
  let next = 0;
  for (const { data, place } of wandbRecords(file, () => undefined))
    for (const field of fieldsOf(data, { file, place })) {
      const message = field.number === record.history ? messageOf(field) : undefined;
      if (!message) continue;
      const row = readRow(message, { file, place }, next);
      next = row.step + 1;
      yield row;
    }
}

function readRow(message: Buffer, where: Place, expected: number): HistoryRow {
  const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  let step: number | undefined;
  for (const field of fieldsOf(message, where)) {
    const inner = messageOf(field);
    if (!inner) continue;
    if (field.number === history.step) step = readStep(inner, where);
    else if (field.number === history.item) putItem(inner, where, values);
  }
  const logged = values['_step'];
  return { step: step ?? (typeof logged === 'number' ? logged : expected), values };
}

function readStep(message: Buffer, where: Place): number {
  let step = 0;
  for (const field of fieldsOf(message, where)) if (field.number === 1) step = numberOf(field);
  return step;
}

/** Puts the value of an item where its key, or the path of its nested keys, says. */
function putItem(message: Buffer, where: Place, into: Record<string, unknown>): void {
  let key = '';
  const nested: string[] = [];
  let json = '';
  for (const field of fieldsOf(message, where)) {
    if (field.number === item.key) key = textOf(field);
    else if (field.number === item.nested) nested.push(textOf(field));
    else if (field.number === item.json) json = textOf(field);
  }
  const path = nested.length > 0 ? nested.slice(0, mostNested) : [key];
  let group = into;
  for (const name of path.slice(0, -1)) {
    const inner = group[name];
    group =
      typeof inner === 'object' && inner !== null
        ? (inner as Record<string, unknown>)
        : ((group[name] = Object.create(null) as object) as Record<string, unknown>);
  }
  group[path.at(-1)!] = parseValue(json);
}

/** A value as W&B writes it: JSON, with NaN and infinities bare. What cannot be read is no number. */
function parseValue(json: string): unknown {
  if (json === 'NaN' || json === 'Infinity' || json === '-Infinity') return json;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return json;
  }
}

/** The config of a run as its program set it: without what W&B adds, and without `{value, desc}`. */
export function unwrapConfig(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(config).filter(
    ([key]) => key !== '_wandb' && key !== 'wandb_version',
  );
  const isWrapped = (value: unknown): value is { value: unknown } =>
    typeof value === 'object' &&
    value !== null &&
    'value' in value &&
    Object.keys(value).every((key) => key === 'value' || key === 'desc');
  return Object.fromEntries(
    entries.map(([key, value]) => [key, isWrapped(value) ? value.value : value]),
  );
}
