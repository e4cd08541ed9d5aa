import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FitResult } from '../../main/compute/regression/fit-result.ts';
import { regress } from '../../main/compute/regression/regress.ts';
import { finish } from '../../main/compute/steps.ts';
import { readTable } from '../../main/formats/table.ts';
import type { RegressSpec } from '../../shared/domain/job-spec.ts';
import type { Table } from '../../shared/domain/table.ts';
import { AppError } from '../../shared/errors.ts';

/** Reads a table from text, by way of a file. */
export async function tableFromText(text: string | Buffer, name = 'table.csv'): Promise<Table> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-table-'));
  try {
    const path = join(folder, name);
    writeFileSync(path, text);
    return await readTable(path, { source: name });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A table of numeric columns. */
export function tableFromColumns(columns: Readonly<Record<string, ArrayLike<number>>>): Table {
  const entries = Object.entries(columns);
  return {
    source: 'table',
    rows: entries[0]![1].length,
    columns: entries.map(([name, values]) => ({
      kind: 'number',
      name,
      values: Float64Array.from(values),
    })),
    unnamed: new Set(),
    delimiter: ',',
    sha256: '',
    note: null,
  };
}

export function fitTable(
  table: Table,
  formula: string,
  options: Partial<RegressSpec> = {},
): FitResult {
  return finish(regress(table, specOf(table, formula, options)));
}

export function specOf(
  table: Table,
  formula: string,
  options: Partial<RegressSpec> = {},
): RegressSpec {
  return {
    kind: 'regress',
    name: 'fit',
    table: table.source,
    formula,
    family: 'gaussian',
    ...options,
  };
}

/** |a - b| / |b|, or |a| where b is 0. */
export function relativeError(a: number | null | undefined, b: number): number {
  if (a === null || a === undefined) return Infinity;
  return b === 0 ? Math.abs(a) : Math.abs(a - b) / Math.abs(b);
}

/** The AppError that a calculation ends with. */
export function errorOf(calculate: () => unknown): AppError {
  try {
    calculate();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('no error was thrown');
}

export async function rejectionOf(promise: Promise<unknown>): Promise<AppError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('no error was thrown');
}
