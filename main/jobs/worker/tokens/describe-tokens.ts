import { existsSync } from 'node:fs';
import type { TokensRef } from '../../../../shared/domain/tokens.ts';
import { AppError } from '../../../../shared/errors.ts';
import { openParquetColumn } from '../../../formats/parquet-column.ts';
import { openTokenFile } from '../../../formats/token-file.ts';
import { asIds, extensionOf, jsonRecords } from '../../../formats/token-records.ts';
import { tokenSource, type TokenSource } from './token-source.ts';

/** What is known of rows of tokens before they are there. */
export interface TokenShape {
  /** Undefined where they are yet to be counted. */
  readonly rows: number | undefined;
  readonly context: number;
  readonly source: TokenSource;
}

/** Rows and their length, from headers and first records alone. @throws AppError as for opening them. */
export function describeTokens(projectPath: string, ref: TokensRef, model: string): TokenShape {
  const source = tokenSource(projectPath, ref, model);
  const { files, prepared } = source;
  const ready = prepared === undefined ? files : existsSync(prepared) ? prepared : undefined;
  if (ready !== undefined) {
    const tokens = openTokenFile(ready, prepared === undefined ? ref.tensor : 'input_ids');
    tokens.close();
    return { rows: tokens.rows, context: tokens.context, source };
  }
  const { text, context } = ref;
  if (text) return { rows: undefined, context: context!, source };
  if (extensionOf(files[0]!) === '.jsonl')
    return { rows: undefined, context: context ?? firstLength(files[0]!, ref.tensor), source };
  return { ...parquetShape(files, ref), source };
}

function firstLength(path: string, field: string): number {
  for (const record of jsonRecords(path, field, 0)) return asIds(record).length;
  throw new AppError('bad-input', `${path} is empty. Name a file with rows of token ids.`, {
    file: path,
  });
}

function parquetShape(
  files: readonly string[],
  { tensor, context }: TokensRef,
): { rows: number; context: number } {
  let rows = 0;
  let length = context;
  for (const path of files) {
    const file = openParquetColumn(path, tensor);
    file.close();
    rows += file.rows;
    length ??= file.listLength;
    if (length === undefined || length < 1)
      throw new AppError(
        'shape-mismatch',
        `${path}: the lists of '${tensor}' differ in length. Pack the tokens into rows of one length.`,
        { file: path, place: tensor },
      );
  }
  return { rows, context: length! };
}
