import { closeSync, fstatSync } from 'node:fs';
import { parquetReadObjects, type AsyncBuffer, type FileMetaData } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { AppError, fileError } from '../../shared/errors.ts';
import { closeFile, openFile, readFileBytes } from './file-bytes.ts';
import { asCorrupt, columnsOf, readIndex } from './parquet-index.ts';

/** Values, and unpacked bytes, of one column in one row group, which is in memory at a time. */
const groupValues = 1 << 26;
const groupBytes = 1 << 30;

/** One column of a parquet file, read a row group at a time. */
export interface ParquetColumn {
  readonly rows: number;
  /** Length that all lists of the column have, as far as the file's index tells; otherwise undefined. */
  readonly listLength: number | undefined;
  /** First row of each row group. */
  readonly groups: readonly number[];
  /** Values of a row group: strings, numbers, lists … as they come. */
  read(group: number): Promise<readonly unknown[]>;
  close(): void;
}

/**
 * Opens a column of a parquet file by its name. The index of the file is checked against its length
 * before anything is read.
 * @throws AppError `truncated`, `corrupt`, `not-found` for a column that is not there, `too-large` for
 *   row groups that must not be held in memory, `unsupported`.
 */
export function openParquetColumn(path: string, column: string): ParquetColumn {
  const fd = openFile(path);
  try {
    const size = fstatSync(fd).size;
    const metadata = readIndex(fd, path, size);
    const groups = checkGroups(metadata, path, column, size);
    const file: AsyncBuffer = {
      byteLength: size,
      slice: (start, end = size) => {
        const bytes = readFileBytes(fd, path, start, end - start);
        return bytes.buffer as ArrayBuffer;
      },
    };
    return {
      rows: groups.rows,
      listLength: groups.listLength,
      groups: groups.starts,
      async read(group) {
        const rowStart = groups.starts[group]!;
        const rowEnd = groups.starts[group + 1] ?? groups.rows;
        try {
          const options = { file, metadata, columns: [column], compressors, rowStart, rowEnd };
          const records = await parquetReadObjects(options);
          if (records.length !== rowEnd - rowStart) throw new Error('rows are missing');
          return records.map((record) => record[column] as unknown);
        } catch (error) {
          throw asCorrupt(error, path, `row group ${group}`);
        }
      },
      close: () => closeFile(fd, path),
    };
  } catch (error) {
    closeSync(fd);
    throw fileError(error, path);
  }
}

function checkGroups(metadata: FileMetaData, path: string, column: string, size: number) {
  const starts: number[] = [];
  let rows = 0;
  let values = 0;
  for (const [index, group] of metadata.row_groups.entries()) {
    const place = `row group ${index}`;
    const chunk = group.columns.find(
      ({ meta_data: data }) => data?.path_in_schema[0] === column,
    )?.meta_data;
    if (!chunk) throw missingColumn(metadata, path, column);
    const begin = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
    const end = begin + Number(chunk.total_compressed_size);
    const groupRows = Number(group.num_rows);
    if (!(begin >= 0 && end <= size && end >= begin && groupRows >= 0))
      throw asCorrupt(new Error('its index points outside of it'), path, place);
    if (
      Number(chunk.num_values) > groupValues ||
      Number(chunk.total_uncompressed_size) > groupBytes ||
      groupRows > groupValues
    )
      throw new AppError(
        'too-large',
        `${path}: ${place} has ${chunk.num_values} values of '${column}' (${chunk.total_uncompressed_size} bytes), more than is read at a time. Write it with a smaller row_group_size.`,
        { file: path, place },
      );
    starts.push(rows);
    rows += groupRows;
    values += Number(chunk.num_values);
  }
  if (starts.length === 0) missingIn(metadata, path, column);
  const listLength = rows > 0 && values % rows === 0 ? values / rows : undefined;
  return { starts, rows, listLength };
}

/** A file without rows has no row groups, but may still lack the column. */
function missingIn(metadata: FileMetaData, path: string, column: string): void {
  if (!columnsOf(metadata).some(({ name }) => name === column))
    throw missingColumn(metadata, path, column);
}

function missingColumn(metadata: FileMetaData, path: string, column: string): AppError {
  return new AppError(
    'not-found',
    `${path} has no column '${column}'. It has: ${columnsOf(metadata)
      .slice(0, 20)
      .map(({ name }) => name)
      .join(', ')}.`,
    { file: path, place: column },
  );
}
