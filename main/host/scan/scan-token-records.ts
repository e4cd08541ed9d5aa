import { describeParquet } from '../../formats/parquet-index.ts';
import { openNpy } from '../../formats/npy.ts';
import { openParquetColumn } from '../../formats/parquet-column.ts';
import { readLines } from '../../formats/text-lines.ts';
import { openTokenFile } from '../../formats/token-file.ts';
import { grouped, problemOf, type Finding } from './finding.ts';
import { tableFinding } from './scan-table.ts';

const text: Pick<Finding, 'kind' | 'problem'> = { kind: 'text', problem: null };

/** A .npy file of whole numbers [rows, context]; other arrays are not ours. */
export function scanNpy(path: string): Finding | undefined {
  try {
    const reader = openNpy(path, 'array');
    reader.close();
    const { dtype, shape } = reader.tensors.get('array')!;
    if (shape.length !== 2 || !/^[IU]\d+$/.test(dtype)) return undefined;
    const tokens = openTokenFile(path, 'array');
    tokens.close();
    return tokensOf('npy', tokens.rows, tokens.context);
  } catch (error) {
    const problem = problemOf(error, path);
    return { kind: 'other', format: 'npy', facts: [], numbers: {}, problem };
  }
}

/** JSON Lines by its first line: `input_ids` makes it tokens, `text` text, other objects a table. */
export function scanJsonLines(path: string): Finding | undefined {
  const format = 'JSON Lines';
  const [first] = readLines(path);
  if (!first) return undefined;
  let document: unknown;
  try {
    document = JSON.parse(first.text);
  } catch {
    return undefined;
  }
  const { input_ids: ids, text: words } = (document ?? {}) as Record<string, unknown>;
  if (Array.isArray(ids)) return tokensOf(format, undefined, ids.length);
  if (typeof words === 'string') return { ...text, format, facts: ['text'], numbers: {} };
  if (document === null || typeof document !== 'object' || Array.isArray(document))
    return undefined;
  return tableFinding(format, Object.keys(document).length, undefined);
}

/** Parquet with a column `input_ids` of lists is tokens, with `text` of text is text, else a table. */
export function scanParquet(path: string): Finding | undefined {
  const format = 'parquet';
  try {
    const { rows, columns } = describeParquet(path);
    const has = (name: string, kind: string) =>
      columns.some((column) => column.name === name && column.kind === kind);
    if (has('input_ids', 'ids')) {
      const column = openParquetColumn(path, 'input_ids');
      column.close();
      return tokensOf(format, rows, column.listLength);
    }
    if (!has('text', 'text')) return tableFinding(format, columns.length, rows);
    return { ...text, format, facts: [`${grouped(rows)} texts`], numbers: { rows } };
  } catch (error) {
    return { kind: 'other', format, facts: [], numbers: {}, problem: problemOf(error, path) };
  }
}

function tokensOf(format: string, rows: number | undefined, context: number | undefined): Finding {
  const rowsOf = rows === undefined ? 'rows' : `${grouped(rows)} rows`;
  const tokens = rows === undefined || context === undefined ? undefined : rows * context;
  return {
    kind: 'tokens',
    format,
    facts: [
      context === undefined ? `${rowsOf} of several lengths` : `${rowsOf} of ${grouped(context)}`,
      ...(tokens === undefined ? [] : [`${grouped(tokens)} tokens`]),
    ],
    numbers: {
      ...(rows !== undefined && { rows }),
      ...(context !== undefined && { context }),
      ...(tokens !== undefined && { tokens }),
    },
    problem: null,
  };
}
