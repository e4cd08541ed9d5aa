import { expect, test } from 'vitest';
import { chartCsv, fileName } from '../../../../../renderer/components/charts/chart-data.ts';

test('CSV of a chart carries every digit, leaves gaps empty and runs no formula', () => {
  const data = {
    columns: ['line', 'value'],
    rows: [
      ['a, b', 0.1 + 0.2],
      ['=1+1', null],
      ['c', NaN],
    ],
  };
  expect(chartCsv(data)).toBe('line,value\r\n"a, b",0.30000000000000004\r\n\'=1+1,\r\nc,\r\n');
});

test("a file's name keeps letters of every script and nothing that a path could be", () => {
  expect(fileName('Loss by step', 'csv')).toBe('loss-by-step.csv');
  expect(fileName('../../etc/passwd', 'svg')).toBe('etc-passwd.svg');
  expect(fileName('שלום L0', 'svg')).toBe('שלום-l0.svg');
  expect(fileName('???', 'svg')).toBe('chart.svg');
});
