import { closeSync, fstatSync } from 'node:fs';
import { parquetMetadata, type FileMetaData, type SchemaElement } from 'hyparquet';
import { AppError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { openFile, readFileBytes, truncatedFile } from './file-bytes.ts';

/** Rows and columns of a parquet file, from its index alone. @throws AppError as for reading it. */
export function describeParquet(path: string): { rows: number; columns: ParquetColumnInfo[] } {
  const fd = openFile(path);
  try {
    const metadata = readIndex(fd, path, fstatSync(fd).size);
    return { rows: Number(metadata.num_rows), columns: columnsOf(metadata) };
  } finally {
    closeSync(fd);
  }
}

/**
 * The index at the end of a parquet file.
 * @throws AppError `truncated` or `corrupt`
 */
export function readIndex(fd: number, path: string, size: number): FileMetaData {
  if (size < 12) throw truncatedFile(path, `it has ${size} bytes, which no parquet file has`);
  const tail = readFileBytes(fd, path, size - 8, 8);
  if (tail.toString('latin1', 4) !== 'PAR1')
    throw new AppError(
      'corrupt',
      `${path} does not end as a parquet file. Copy or write it again.`,
      { file: path, place: 'end' },
    );
  const length = tail.readUInt32LE();
  if (length > limits.safetensorsHeaderBytes || length + 12 > size)
    throw truncatedFile(path, `its index claims ${length} bytes, and the file has ${size}`);
  try {
    const bytes = readFileBytes(fd, path, size - 8 - length, length + 8);
    return parquetMetadata(bytes.buffer as ArrayBuffer);
  } catch (error) {
    throw asCorrupt(error, path, 'index');
  }
}

/** A column at the top of the schema, and what it holds as far as rows of tokens can come of it. */
export interface ParquetColumnInfo {
  readonly name: string;
  readonly kind: 'text' | 'ids' | 'other';
}

/** The columns at the top of the schema. */
export function columnsOf({ schema }: FileMetaData): ParquetColumnInfo[] {
  const columns: ParquetColumnInfo[] = [];
  let at = 1;
  const leaves = (): SchemaElement[] => {
    const element = schema[at++];
    if (!element) return [];
    const children = element.num_children ?? 0;
    if (children === 0) return [element];
    const found: SchemaElement[] = [];
    for (let child = 0; child < children && at < schema.length; child++) found.push(...leaves());
    return found;
  };
  while (at < schema.length) {
    const top = schema[at]!;
    const [leaf, ...more] = leaves();
    columns.push({ name: top.name, kind: more.length > 0 ? 'other' : kindOf(top, leaf) });
  }
  return columns;
}

function kindOf(top: SchemaElement, leaf: SchemaElement | undefined): ParquetColumnInfo['kind'] {
  const isList = top.logical_type?.type === 'LIST' || top.converted_type === 'LIST';
  if (isList) return leaf?.type === 'INT32' || leaf?.type === 'INT64' ? 'ids' : 'other';
  const isText = top.logical_type?.type === 'STRING' || top.converted_type === 'UTF8';
  return isText && leaf === top ? 'text' : 'other';
}

/** Whatever the reader stumbles over in a file that is not what it says. */
export function asCorrupt(error: unknown, path: string, place: string): AppError {
  if (error instanceof AppError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new AppError(
    'corrupt',
    `${path}: ${place} cannot be read (${reason}). Write the file again.`,
    { file: path, place },
    error,
  );
}
