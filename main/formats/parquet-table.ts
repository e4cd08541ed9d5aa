import { statSync } from 'node:fs';
import type { Table } from '../../shared/domain/table.ts';
import { AppError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { hashFile } from './json-table.ts';
import { openParquetColumn } from './parquet-column.ts';
import { describeParquet } from './parquet-index.ts';
import type { TableReading } from './table-records.ts';
import { TypedColumns } from './typed-columns.ts';

/**
 * Reads a Parquet file into a table, one column after the other and a row group at a time. Columns of
 * lists and records are left out and named in the note; the index that pandas stores is one without a
 * name.
 * @throws AppError `corrupt`, `truncated`, `too-large`, `unsupported`
 */
export async function readParquetTable(
  path: string,
  { source, signal, onProgress }: TableReading,
): Promise<Table> {
  const { rows, columns: found } = describeParquet(path);
  const names = found.map(({ name }) => name);
  if (names.length > limits.tableColumns || rows * names.length > limits.tableCells)
    throw new AppError(
      'too-large',
      `${source} has ${rows} rows of ${names.length} columns, more than ${limits.tableCells} cells or ${limits.tableColumns} columns. Take a part of them.`,
      { file: source, rows, columns: names.length },
    );
  if (rows === 0)
    throw new AppError('corrupt', `${source} holds no row. A table needs some.`, { file: source });
  const columns = new TypedColumns(source);
  const bytes = statSync(path).size;
  for (const [at, name] of names.entries()) {
    await readColumn(columns, path, name, signal);
    onProgress?.(Math.round((bytes * (at + 1)) / names.length), bytes);
  }
  const { mixed } = columns;
  if (mixed.size > 0) {
    const again = new TypedColumns(source, mixed);
    for (const name of mixed) await readColumn(again, path, name, signal);
    columns.replace(again);
  }
  return {
    source,
    rows,
    columns: columns.finish(),
    unnamed: new Set(names.filter((name) => /^__index_level_\d+__$/.test(name))),
    delimiter: '',
    sha256: await hashFile(path, source, signal),
    note: columns.note,
  };
}

async function readColumn(
  columns: TypedColumns,
  path: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const column = openParquetColumn(path, name);
  try {
    let row = 0;
    for (const group of column.groups.keys()) {
      signal?.throwIfAborted();
      for (const value of await column.read(group)) {
        row++;
        columns.add(name, value, row, row);
      }
    }
  } finally {
    column.close();
  }
}
