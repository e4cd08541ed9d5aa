import { expect, test } from 'vitest';
import type { Column } from '../../../../../renderer/components/data-table/columns.ts';
import { tableText } from '../../../../../renderer/components/data-table/table-text.ts';

interface Row {
  name: string;
  value: number | null;
}

const columns: Column<Row>[] = [
  { key: 'name', title: 'name', text: (row) => row.name },
  {
    key: 'value',
    title: 'CE & KL',
    numeric: true,
    text: (row) => (row.value === null ? '–' : `${row.value.toFixed(2).replace('-', '−')}`),
    exact: (row) => (row.value === null ? '' : String(row.value)),
  },
];

test('TSV carries every digit and leaves what is missing empty', () => {
  const rows = [
    { name: 'a', value: -1.23456 },
    { name: 'b', value: null },
  ];
  expect(tableText('tsv', columns, rows)).toBe('name\tCE & KL\na\t-1.23456\nb\t\n');
});

test('TSV of a number without an exact form has no marks that only eyes want', () => {
  const shown: Column<string>[] = [{ key: 'n', title: 'n', numeric: true, text: (row) => row }];
  expect(tableText('tsv', shown, ['−1,234.5', '∞', '–'])).toBe('n\n-1234.5\nInfinity\n\n');
});

test('TSV cannot be broken by tabs, line breaks or formulas', () => {
  const rows = [
    { name: 'a\tb\nc', value: 1 },
    { name: '=HYPERLINK("x")', value: 2 },
  ];
  expect(tableText('tsv', columns, rows)).toBe(
    'name\tCE & KL\n"a\tb\nc"\t1\n"\'=HYPERLINK(""x"")"\t2\n',
  );
});

test('Markdown aligns numbers right and escapes what would be markup', () => {
  expect(tableText('markdown', columns, [{ name: 'a|b *c* <x>\nd', value: 2 }])).toBe(
    '| name | CE & KL |\n| --- | --: |\n| a\\|b \\*c\\* \\<x\\> d | 2.00 |\n',
  );
});

test('LaTeX escapes its special characters and writes signs in mathematics', () => {
  const text = tableText('latex', columns, [{ name: 'x_1 & 50% #{\\}', value: -2 }]);
  expect(text).toBe(
    [
      '\\begin{tabular}{lr}',
      '\\hline',
      'name & CE \\& KL \\\\',
      '\\hline',
      'x\\_1 \\& 50\\% \\#\\{\\textbackslash{}\\} & $-$2.00 \\\\',
      '\\hline',
      '\\end{tabular}',
      '',
    ].join('\n'),
  );
});

test('marks that turn text around are made visible in Markdown and LaTeX', () => {
  expect(tableText('markdown', columns, [{ name: '\u202eevil', value: 1 }])).toContain(
    '⟨202E⟩evil',
  );
});
