import { readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileError } from '../../../shared/errors.ts';
import { brainToFloat, halfToFloat } from '../floats.ts';
import type { ForeignRun, HistoryRow } from './foreign-run.ts';
import { fieldsOf, messageOf, numberOf, textOf, type Field, type Place } from './protobuf.ts';
import { tfRecords } from './tf-records.ts';
import { cutNote } from './wandb-offline.ts';

/** Field numbers of tensorboard/compat/proto: event, summary, tensor (TensorBoard 2.21). */
const event = { step: 2, summary: 5 } as const;
const summaryValue = 1;
const value = { tag: 1, simple: 2, tensor: 8, metadata: 9 } as const;
const tensor = {
  dtype: 1,
  shape: 2,
  content: 4,
  float: 5,
  double: 6,
  int: 7,
  int64: 10,
  half: 13,
} as const;
const dtypes = { float: 1, double: 2, int32: 3, int64: 9, bfloat16: 14, half: 19 } as const;
/** hparams/plugin_data.proto */
const plugin = { data: 1, name: 1, content: 2, sessionStart: 3, hparams: 1 } as const;

const eventFile = /\.tfevents\./;
const deepest = 6;
const mostRuns = 1_000;

export function isEventFile(name: string): boolean {
  return eventFile.test(name);
}

/**
 * Runs that TensorBoard logged: each folder with event files is one, as TensorBoard itself shows them, its
 * files in the order of their names, which begin with a time. Scalars are read in both forms, `simple_value`
 * and a tensor of one number; histograms, images and text are left out.
 * @throws AppError naming file and byte.
 */
export function readTensorboard(path: string, files: readonly string[]): ForeignRun[] {
  const folders = Map.groupBy(files, (file) => join(file, '..'));
  return [...folders].map(([folder, own]) => {
    const name = relative(path, folder).replaceAll('\\', '/');
    const sorted = [...own].sort();
    const config = Object.create(null) as Record<string, unknown>;
    const notes: string[] = [];
    for (const file of sorted) readConfig(file, config, notes);
    return {
      name: name === '' || name.startsWith('..') ? basename(folder) : name,
      config,
      summary: {},
      history: { [Symbol.iterator]: () => readAll(sorted) },
      notes,
    };
  });
}

/** Event files below a folder, in its folders as deep as six; a file stands for itself. */
export function findEventFiles(path: string, depth = 0): string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && isEventFile(entry.name));
    const folders = depth < deepest ? entries.filter((entry) => entry.isDirectory()) : [];
    return [
      ...files.map(({ name }) => join(path, name)),
      ...folders.flatMap(({ name }) => findEventFiles(join(path, name), depth + 1)),
    ].slice(0, mostRuns);
  } catch (error) {
    throw fileError(error, path);
  }
}

function* readAll(files: readonly string[]): Generator<HistoryRow> {
  for (const file of files)
    for (const { data, place } of tfRecords(file, () => undefined)) {
      const row = readEvent(data, { file, place });
      if (row) yield row;
    }
}

/** Hyperparameters lie at the start of a file; the whole is read so that its end is known. */
function readConfig(file: string, config: Record<string, unknown>, notes: string[]): void {
  for (const { data, place } of tfRecords(file, (at) => notes.push(cutNote(file, at))))
    for (const { metadata } of valuesOf(data, { file, place })) {
      const content = metadata && pluginContent(metadata, { file, place });
      if (content) readHparams(content, { file, place }, config);
    }
}

function readEvent(data: Buffer, where: Place): HistoryRow | undefined {
  let step = 0;
  for (const field of fieldsOf(data, where))
    if (field.number === event.step) step = numberOf(field);
  const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  let found = false;
  for (const { tag, number, isHparams } of valuesOf(data, where)) {
    if (isHparams || tag === '') continue;
    values[tag] = number ?? 'not a number';
    found = true;
  }
  return found ? { step, values } : undefined;
}

interface SummaryValue {
  readonly tag: string;
  readonly number: number | undefined;
  readonly metadata: Buffer | undefined;
  readonly isHparams: boolean;
}

function* valuesOf(data: Buffer, where: Place): Generator<SummaryValue> {
  for (const field of fieldsOf(data, where)) {
    const summary = field.number === event.summary ? messageOf(field) : undefined;
    if (!summary) continue;
    for (const entry of fieldsOf(summary, where)) {
      const message = entry.number === summaryValue ? messageOf(entry) : undefined;
      if (message) yield readValue(message, where);
    }
  }
}

function readValue(message: Buffer, where: Place): SummaryValue {
  let tag = '';
  let number: number | undefined;
  let metadata: Buffer | undefined;
  for (const field of fieldsOf(message, where)) {
    if (field.number === value.tag) tag = textOf(field);
    else if (field.number === value.simple && field.kind === 'fixed32') number = numberOf(field);
    else if (field.number === value.tensor) number = scalarOf(messageOf(field), where);
    else if (field.number === value.metadata) metadata = messageOf(field);
  }
  return { tag, number, metadata, isHparams: tag.startsWith('_hparams_/') };
}

/** The number in a tensor of one element; undefined for any other tensor. */
function scalarOf(message: Buffer | undefined, where: Place): number | undefined {
  if (!message) return undefined;
  let dtype = 0;
  let content: Buffer | undefined;
  let listed: number | undefined;
  let elements = 1;
  for (const field of fieldsOf(message, where)) {
    if (field.number === tensor.dtype) dtype = numberOf(field);
    else if (field.number === tensor.shape) elements = sizeOf(messageOf(field), where);
    else if (field.number === tensor.content) content = messageOf(field);
    else if (listedFields.has(field.number)) listed = listedNumber(field, dtype);
  }
  if (elements !== 1) return undefined;
  return content && content.length > 0 ? contentNumber(content, dtype) : listed;
}

const listedFields: ReadonlySet<number> = new Set([
  tensor.float,
  tensor.double,
  tensor.int,
  tensor.int64,
  tensor.half,
]);

/** The first number of a repeated field, packed or not. */
function listedNumber(field: Field, dtype: number): number | undefined {
  if (field.kind === 'varint') return halfOr(numberOf(field), field.number, dtype);
  if (field.kind !== 'bytes') return numberOf(field);
  const { value: bytes } = field;
  if (field.number === tensor.float) return bytes.length >= 4 ? bytes.readFloatLE(0) : undefined;
  if (field.number === tensor.double) return bytes.length >= 8 ? bytes.readDoubleLE(0) : undefined;
  let number = 0n;
  for (let at = 0; at < Math.min(10, bytes.length); at++) {
    number |= BigInt(bytes[at]! & 0x7f) << BigInt(7 * at);
    if (bytes[at]! < 0x80) break;
  }
  return halfOr(Number(BigInt.asIntN(64, number)), field.number, dtype);
}

function halfOr(number: number, field: number, dtype: number): number {
  if (field !== tensor.half) return number;
  return dtype === dtypes.bfloat16 ? brainToFloat(number) : halfToFloat(number);
}

function contentNumber(content: Buffer, dtype: number): number | undefined {
  const { length } = content;
  if (dtype === dtypes.float && length === 4) return content.readFloatLE(0);
  if (dtype === dtypes.double && length === 8) return content.readDoubleLE(0);
  if (dtype === dtypes.int32 && length === 4) return content.readInt32LE(0);
  if (dtype === dtypes.int64 && length === 8) return Number(content.readBigInt64LE(0));
  if (dtype === dtypes.half && length === 2) return halfToFloat(content.readUInt16LE(0));
  return dtype === dtypes.bfloat16 && length === 2
    ? brainToFloat(content.readUInt16LE(0))
    : undefined;
}

/** Elements of a TensorShapeProto: dimensions in field 2, each with its size in field 1. */
function sizeOf(message: Buffer | undefined, where: Place): number {
  let size = 1;
  if (!message) return size;
  for (const field of fieldsOf(message, where)) {
    const dimension = field.number === 2 ? messageOf(field) : undefined;
    if (!dimension) continue;
    for (const inner of fieldsOf(dimension, where)) if (inner.number === 1) size *= numberOf(inner);
  }
  return size;
}

/** What the hparams plugin keeps in the metadata of a value. */
function pluginContent(metadata: Buffer, where: Place): Buffer | undefined {
  for (const field of fieldsOf(metadata, where)) {
    const data = field.number === plugin.data ? messageOf(field) : undefined;
    if (!data) continue;
    let name = '';
    let content: Buffer | undefined;
    for (const inner of fieldsOf(data, where)) {
      if (inner.number === plugin.name) name = textOf(inner);
      else if (inner.number === plugin.content) content = messageOf(inner);
    }
    if (name === 'hparams') return content;
  }
  return undefined;
}

function readHparams(content: Buffer, where: Place, config: Record<string, unknown>): void {
  for (const field of fieldsOf(content, where)) {
    const start = field.number === plugin.sessionStart ? messageOf(field) : undefined;
    if (!start) continue;
    for (const inner of fieldsOf(start, where)) {
      const entry = inner.number === plugin.hparams ? messageOf(inner) : undefined;
      if (entry) readHparam(entry, where, config);
    }
  }
}

/** An entry of a map from names to google.protobuf.Value. */
function readHparam(entry: Buffer, where: Place, config: Record<string, unknown>): void {
  let key = '';
  let found: unknown;
  for (const field of fieldsOf(entry, where)) {
    if (field.number === 1) key = textOf(field);
    const message = field.number === 2 ? messageOf(field) : undefined;
    if (!message) continue;
    for (const inner of fieldsOf(message, where)) {
      if (inner.number === 2) found = numberOf(inner);
      else if (inner.number === 3) found = textOf(inner);
      else if (inner.number === 4) found = numberOf(inner) !== 0;
    }
  }
  if (key !== '') config[key] = found;
}
