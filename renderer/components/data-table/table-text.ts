import { csvCell, visibleText } from '../../../shared/text.ts';
import type { Column } from './columns.ts';

export type TableFormat = 'tsv' | 'markdown' | 'latex';

/**
 * Rows as text to paste: TSV carries every digit, for spreadsheets and scripts; Markdown and LaTeX
 * carry what is shown, for papers.
 */
export function tableText<Row>(
  format: TableFormat,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): string {
  if (format === 'tsv') return toTsv(columns, rows);
  return format === 'markdown' ? toMarkdown(columns, rows) : toLatex(columns, rows);
}

function toTsv<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const head = columns.map((column) => csvCell(column.title, '\t'));
  const body = rows.map((row) => columns.map((column) => csvCell(exactText(column, row), '\t')));
  return [head, ...body].map((cells) => cells.join('\t')).join('\n') + '\n';
}

/** A number without the marks that only eyes want: `−1,204` becomes `-1204`. */
function exactText<Row>(column: Column<Row>, row: Row): string {
  const exact = column.exact?.(row);
  if (exact !== undefined) return exact;
  const text = column.text(row);
  if (!column.numeric) return text;
  const plain = text
    .replaceAll('−', '-')
    .replaceAll('∞', 'Infinity')
    .replace(/(?<=\d),(?=\d{3})/g, '');
  return plain === '–' ? '' : plain;
}

function toMarkdown<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map((column) => markdownCell(column.title))),
    line(columns.map((column) => (column.numeric ? '--:' : '---'))),
    ...rows.map((row) => line(columns.map((column) => markdownCell(column.text(row))))),
    '',
  ].join('\n');
}

function markdownCell(text: string): string {
  return oneLine(text).replace(/[\\|`*_<>[\]~]/g, '\\$&');
}

function toLatex<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const line = (cells: string[]): string => `${cells.join(' & ')} \\\\`;
  return [
    `\\begin{tabular}{${columns.map((column) => (column.numeric ? 'r' : 'l')).join('')}}`,
    '\\hline',
    line(columns.map((column) => latexCell(column.title))),
    '\\hline',
    ...rows.map((row) => line(columns.map((column) => latexCell(column.text(row))))),
    '\\hline',
    '\\end{tabular}',
    '',
  ].join('\n');
}

const latexMarks: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': '\\textquotedbl{}',
  '±': '$\\pm$',
  '−': '$-$',
  '∞': '$\\infty$',
  '–': '--',
  λ: '$\\lambda$',
  Δ: '$\\Delta$',
  '²': '$^2$',
  '\u2009': '\\,',
  '\u202f': '\\,',
};

function latexCell(text: string): string {
  return oneLine(text).replace(
    /[\\~^<>|"±−∞–λΔ²\u2009\u202f&%$#_{}]/g,
    (mark) => latexMarks[mark] ?? `\\${mark}`,
  );
}

function oneLine(text: string): string {
  return visibleText(text)
    .replace(/[^\S\u2009\u202f]+/g, ' ')
    .trim();
}
