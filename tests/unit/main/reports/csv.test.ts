import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { csvLines, type Delimiter } from '../../../../main/reports/csv.ts';

/** What a spreadsheet takes for the beginning of a formula, also in full width. */
const triggers = ['=', '+', '-', '@', '\t', '\r', '\0', '＝', '＋', '－', '＠'];
const prefixes = ['', ' ', '   ', '\u00a0', '\u200b', '\ufeff', '\u3000', '\t '];
const delimiters: Delimiter[] = [',', ';', '\t'];

const cases = delimiters.flatMap((delimiter) =>
  triggers.flatMap((trigger) =>
    prefixes.map((prefix) => ({ delimiter, text: `${prefix}${trigger}cmd|'/C calc'!A0` })),
  ),
);

function cells(values: (string | number | boolean | null)[], delimiter: Delimiter): string[] {
  const table = { name: 't', columns: ['a', 'b', 'c', 'd'], rows: [values] };
  const text = [...csvLines(table, delimiter)].join('');
  const records = parse(text, { delimiter, recordDelimiter: '\r\n' });
  return records[1] ?? [];
}

test.each(cases)(
  'no cell of $delimiter-separated text begins a formula: $text',
  ({ delimiter, text }) => {
    const [cell = ''] = cells([text, '', '', ''], delimiter);
    expect(cell).toBe(`'${text}`);
  },
);

test('negative and positive numbers stay numbers', () => {
  expect(cells([-1.5, 2e-9, '-3.25', '+4'], ',')).toEqual(['-1.5', '2e-9', '-3.25', '+4']);
});

test('quotes, delimiters and line breaks come back as they were', () => {
  const values = ['a "quoted" word', 'a,b;c\td', 'two\r\nlines', 'ü'];
  for (const delimiter of delimiters) expect(cells(values, delimiter)).toEqual(values);
});

test('what is missing, infinite or not a number is an empty cell, and a truth value a word', () => {
  expect(cells([null, Infinity, NaN, true], ',')).toEqual(['', '', '', 'true']);
});
