import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readTable } from '../../../main/formats/table.ts';
import type { Column } from '../../../shared/domain/table.ts';
import { rejectionOf, tableFromText } from '../../support/regression.ts';

const golden = join(import.meta.dirname, '../../golden/tables');
const folder = mkdtempSync(join(tmpdir(), 'assay-typed-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A column without where its first odd cell stands, which differs between formats. */
function valuesOf(column: Column): unknown {
  if (column.kind !== 'text') return column;
  const { firstText, ...rest } = column;
  return { ...rest, oddText: firstText.text };
}

describe('Parquet tables', () => {
  it('hold the same columns as the same table in CSV', async () => {
    const csv = await readTable(join(golden, 'mixed.csv'));
    const parquet = await readTable(join(golden, 'mixed.parquet'));
    expect(parquet.rows).toBe(csv.rows);
    expect(parquet.columns.map(valuesOf)).toEqual(csv.columns.map(valuesOf));
  });

  it('leave out columns of lists and say so', async () => {
    const { columns, note } = await readTable(join(golden, 'mixed.parquet'));
    expect(columns.map(({ name }) => name)).not.toContain('lists');
    expect(note).toBe('Left out, because they hold lists or records: lists.');
  });

  it('are refused where the file is cut off', async () => {
    const path = join(folder, 'cut.parquet');
    writeFileSync(path, readFileSync(join(golden, 'mixed.parquet')).subarray(0, 400));
    const error = await rejectionOf(readTable(path, { source: 'cut.parquet' }));
    expect(error.code).toBe('corrupt');
  });
});

describe('JSON Lines tables', () => {
  it('take a column for each name, missing where a line lacks it', async () => {
    const text = '{"a":1,"g":"x"}\n\n{"a":2.5,"late":true}\n{"g":null,"late":false,"a":"NA"}\n';
    const { rows, columns } = await tableFromText(text, 'table.jsonl');
    expect(rows).toBe(3);
    expect(columns.map(({ name, kind }) => [name, kind])).toEqual([
      ['a', 'number'],
      ['g', 'text'],
      ['late', 'boolean'],
    ]);
    expect(columns[0]).toMatchObject({ values: Float64Array.of(1, 2.5, NaN) });
    expect(columns[1]).toMatchObject({ codes: Int32Array.of(0, -1, -1) });
    expect(columns[2]).toMatchObject({ codes: Int8Array.of(-1, 1, 0) });
  });

  it('read a column of numbers and texts once more, as text', async () => {
    const { columns } = await tableFromText('{"a":1}\n{"a":"x"}\n{"a":1}\n', 'table.jsonl');
    expect(columns[0]).toMatchObject({ kind: 'text', levels: ['1', 'x'], numericCells: 2 });
  });

  it.each([
    ['{"a":1}\n{"a":\n', 'Line 2 of table.jsonl is not JSON'],
    ['[1,2]\n', 'Line 1 of table.jsonl is not an object'],
    ['\n\n', 'table.jsonl holds no record'],
  ])('refuses %j by its line', async (text, message) => {
    const error = await rejectionOf(tableFromText(text, 'table.jsonl'));
    expect(error.code).toBe('corrupt');
    expect(error.message).toContain(message);
  });
});

describe('reading', () => {
  const lines = Array.from({ length: 6000 }, (_, i) => i);
  const csv = join(folder, 'long.csv');
  const jsonl = join(folder, 'long.jsonl');
  writeFileSync(csv, `a,b\n${lines.map((i) => `${i},${i}\n`).join('')}`);
  writeFileSync(jsonl, lines.map((i) => `{"a":${i}}\n`).join(''));

  it.each([csv, jsonl, join(golden, 'mixed.parquet')])(
    'says how much of the file was read: %s',
    async (path) => {
      const told: (readonly [number, number])[] = [];
      await readTable(path, { onProgress: (done, total) => told.push([done, total]) });
      expect(told.length).toBeGreaterThan(0);
      for (const [done, total] of told) {
        expect(total).toBe(statSync(path).size);
        expect(done).toBeLessThanOrEqual(total);
      }
    },
  );

  it.each([csv, jsonl])('is given up where nobody waits any more: %s', async (path) => {
    const abort = new AbortController();
    const reading = readTable(path, {
      signal: abort.signal,
      onProgress: () => abort.abort(new Error('given up')),
    });
    await expect(reading).rejects.toThrow('given up');
  });
});
