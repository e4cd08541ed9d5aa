import { csvCell } from '../../../shared/text.ts';

/** The numbers of a chart: what its CSV and its table hold. */
export interface ChartData {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** CSV of a chart's numbers, every digit, safe for spreadsheets. */
export function chartCsv({ columns, rows }: ChartData): string {
  return (
    [columns, ...rows].map((row) => row.map((cell) => csvCell(cell)).join(',')).join('\r\n') +
    '\r\n'
  );
}

/** A file's name from a title: `Loss by step` becomes `loss-by-step.csv`. */
export function fileName(title: string, extension: string): string {
  const words = title
    .normalize('NFKD')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu);
  return `${(words ?? ['chart']).join('-').slice(0, 80)}.${extension}`;
}
