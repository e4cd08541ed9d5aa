import { extname } from 'node:path';
import type {
  LabelSource,
  PredictSource,
  PredictSpec,
} from '../../../../shared/domain/predict-spec.ts';
import type { Column } from '../../../../shared/domain/table.ts';
import { AppError } from '../../../../shared/errors.ts';
import { openSafetensors } from '../../../formats/safetensors.ts';
import { readTable } from '../../../formats/table.ts';
import { insideProject } from '../inside-project.ts';

/**
 * The label of every token or sequence, NaN where it is missing: an empty cell, NaN, or a whole number
 * below 0. A sequence has the largest label of its tokens where labels are of tokens.
 * @throws AppError `shape-mismatch` for labels that do not cover the tokens, `unknown-column`,
 *   `not-numeric`, `not-found`, `bad-input` for a place that is not there
 */
export async function readLabels(
  projectPath: string,
  { labels, unit }: PredictSpec,
  source: Pick<PredictSource, 'tokens' | 'context'>,
  signal: AbortSignal,
): Promise<Float64Array> {
  const file = insideProject(projectPath, labels.file);
  return extname(labels.file).toLowerCase() === '.safetensors'
    ? readTensor(file, labels, unit, source)
    : readColumn(file, labels, unit, source, signal);
}

function readTensor(
  file: string,
  { file: shown, name }: LabelSource,
  unit: PredictSpec['unit'],
  { tokens, context }: Pick<PredictSource, 'tokens' | 'context'>,
): Float64Array {
  const reader = openSafetensors(file);
  try {
    const found = reader.tensors.get(name);
    if (!found) {
      const names = [...reader.tensors.keys()].slice(0, 20).join(', ');
      throw new AppError('not-found', `${shown} has no tensor ${name}. It has: ${names}.`, {
        file,
        place: name,
      });
    }
    const sequences = tokens / context;
    const [rows = 0, ...rest] = found.shape;
    const width = rest.reduce((product, length) => product * length, 1);
    const ofTokens = (width === context && rows >= sequences) || (width === 1 && rows >= tokens);
    const ofSequences = unit === 'sequence' && width === 1 && rows >= sequences && !ofTokens;
    if (!ofTokens && !ofSequences)
      throw new AppError(
        'shape-mismatch',
        `${shown}: '${name}' is [${found.shape.join(', ')}], where the features were collected on ${sequences} sequences of ${context} tokens. Use the labels that belong to these tokens.`,
        { file, place: name },
      );
    const count = ofTokens ? tokens : sequences;
    const values = isFloat(found.dtype)
      ? reader.doubles(name, 0, count)
      : Float64Array.from(reader.ints(name, 0, count), (value) => (value < 0 ? NaN : value));
    return ofTokens && unit === 'sequence' ? largestOfEach(values, context) : values;
  } finally {
    reader.close();
  }
}

function isFloat(dtype: string): boolean {
  return dtype.startsWith('F') || dtype.startsWith('BF');
}

function largestOfEach(values: Float64Array, context: number): Float64Array {
  return Float64Array.from({ length: values.length / context }, (_, sequence) => {
    let most = NaN;
    for (let i = sequence * context; i < (sequence + 1) * context; i++)
      if (!(values[i]! <= most) && !Number.isNaN(values[i]!)) most = values[i]!;
    return most;
  });
}

async function readColumn(
  file: string,
  labels: LabelSource,
  unit: PredictSpec['unit'],
  { tokens, context }: Pick<PredictSource, 'tokens' | 'context'>,
  signal: AbortSignal,
): Promise<Float64Array> {
  const table = await readTable(file, { source: labels.file, signal });
  const numbers = (name: string) => {
    const column = table.columns.find((one) => one.name === name);
    if (column) return numbersOf(column, table.rows, labels.file);
    throw new AppError('unknown-column', `${labels.file} has no column ${name}.`, {
      file,
      place: name,
    });
  };
  const values = numbers(labels.name);
  const count = unit === 'token' ? tokens : tokens / context;
  const sequence = labels.sequence === undefined ? undefined : numbers(labels.sequence);
  const position = labels.position === undefined ? undefined : numbers(labels.position);
  if (!sequence) {
    if (table.rows === count) return values;
    throw new AppError(
      'shape-mismatch',
      `${labels.file} has ${table.rows} rows, where the features were collected on ${count} ${unit}s. Name the columns that say which ${unit} a row is of, or use the table that belongs to these tokens.`,
      { file, rows: table.rows, expected: count },
    );
  }
  const out = new Float64Array(count).fill(NaN);
  for (let row = 0; row < table.rows; row++) {
    const at =
      unit === 'token' ? sequence[row]! * context + (position?.[row] ?? NaN) : sequence[row]!;
    const inside = position === undefined || (position[row]! >= 0 && position[row]! < context);
    if (!Number.isInteger(at) || at < 0 || at >= count || !inside)
      throw new AppError(
        'bad-input',
        `${labels.file}: row ${row + 1} is of no ${unit} that the features were collected on${unit === 'token' && !position ? '; name the column with the position, too' : ''}.`,
        { file, place: `row ${row + 1}` },
      );
    const known = out[at]!;
    out[at] = known > values[row]! ? known : values[row]!;
  }
  return out;
}

function numbersOf(column: Column, rows: number, file: string): Float64Array {
  if (column.kind === 'number') return column.values;
  if (column.kind === 'empty') return new Float64Array(rows).fill(NaN);
  if (column.kind === 'boolean')
    return Float64Array.from(column.codes, (code) => (code < 0 ? NaN : code));
  throw new AppError(
    'not-numeric',
    `${file}: ${column.name} holds text, such as '${column.firstText.text}' in line ${column.firstText.line}. Write it as numbers, yes as 1 and no as 0.`,
    { file, place: column.name },
  );
}
