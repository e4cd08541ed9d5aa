import type { ColumnSummary } from '../../../../shared/contract/statistics.ts';
import { parseBoolean, parseNumber } from '../../../../shared/domain/table.ts';
import type { Formula } from '../../../../shared/formula/formula.ts';
import type { Node } from '../../../../shared/formula/syntax.ts';
import { pythonExpression, pythonText } from './python-expression.ts';
import { basisText, pythonBases } from './python-bases.ts';
import { levelText } from './r-method.ts';
import { pythonFit, pythonIndicators } from './python-method.ts';
import { missingMarks, readParts, type Reproducible } from './reproducible.ts';

/** Python code that repeats a fit with pandas and statsmodels. @throws AppError */
export function pythonCode(about: Reproducible): string {
  const { spec, columns, delimiter, tableSha256, fit } = about;
  const parts = readParts(about);
  const { formula, filter } = parts;
  const isColumn = (name: string): boolean => columns.some((column) => column.name === name);
  const outcome =
    spec.family === 'binomial'
      ? binomialOutcome(formula.response, columns, isColumn)
      : { lines: [], name: outcomeName(formula.response, isColumn) };
  const leftOut = new Set(
    (fit?.coefficients ?? []).filter(({ estimate }) => estimate === null).map(({ term }) => term),
  );
  const gone = (fit?.leftOut ?? []).map(({ term }) => term);
  const terms = termTexts(formula, isColumn).filter(
    ({ label }) => !leftOut.has(label) && !label.split(':').some((part) => gone.includes(part)),
  );
  const indicators = pythonIndicators(about);
  const right = [
    ...(terms.length === 0 && formula.intercept ? ['1'] : terms.map(({ text }) => text)),
    ...indicators.terms,
    ...(formula.intercept ? [] : ['0']),
  ];
  const text = (node: Node): string =>
    pythonExpression(node, (name) => `t[${pythonText(name)}]`, isColumn);
  const options = [
    `sep=${pythonText(delimiter)}`,
    ...(parts.skippedLines > 0 ? [`skiprows=${parts.skippedLines}`] : []),
    `na_values=[${missingMarks.map(pythonText).join(', ')}]`,
    'keep_default_na=False',
    ...(parts.columnsUsed.some(({ type }) => type === 'boolean')
      ? ['true_values=["T"]', 'false_values=["F"]']
      : []),
  ];
  return [
    'import numpy as np',
    'import pandas as pd',
    'import statsmodels.api as sm',
    'import statsmodels.formula.api as smf',
    'from statsmodels.stats.outliers_influence import variance_inflation_factor',
    '',
    '# Run in the project folder.',
    `# ${spec.table.replaceAll(/\s/g, ' ')} had SHA-256 ${tableSha256}`,
    readTable(spec.table, options),
    ...helpers(parts),
    ...pythonBases(formula),
    ...(filter
      ? [
          '# Columns that may be missing compare as unknown, and unknown rows are left out.',
          't = d.convert_dtypes()',
          `d = d[pd.Series(${text(filter)}, index=d.index).fillna(False).astype(bool)]`,
        ]
      : []),
    ...outcome.lines,
    ...(leftOut.size > 0
      ? [`# Left out, because other terms determine them exactly: ${[...leftOut].join(', ')}.`]
      : []),
    ...indicators.lines(outcome.name),
    `formula = ${wrap(outcome.name, right)}`,
    ...pythonFit(about, (node) => text(node)),
    '',
  ].join('\n');
}

function readTable(table: string, options: readonly string[]): string {
  if (/\.parquet$/i.test(table)) return `d = pd.read_parquet(${pythonText(table)})`;
  if (/\.(jsonl|ndjson)$/i.test(table)) return `d = pd.read_json(${pythonText(table)}, lines=True)`;
  return `d = pd.read_csv(${pythonText(table)}, ${options.join(', ')})`;
}

function helpers({ usesScale, usesCenter }: { usesScale: boolean; usesCenter: boolean }): string[] {
  const lines: string[] = [];
  if (usesScale)
    lines.push('', 'def scale(x):', '    return (x - x.mean()) / x.std()  # as in R: n - 1');
  if (usesCenter) lines.push('', 'def center(x):', '    return x - x.mean()');
  return lines.length > 0 ? [...lines, ''] : [];
}

/** The outcome in a formula, where + and the like would mean terms. */
function outcomeName(node: Node, isColumn: (name: string) => boolean): string {
  if (node.kind === 'name') return columnName(node.name);
  return `I(${pythonExpression(node, columnName, isColumn)})`;
}

/** A column of 0 and 1, because statsmodels takes a condition for two outcomes. */
function binomialOutcome(
  node: Node,
  columns: readonly ColumnSummary[],
  isColumn: (name: string) => boolean,
): { lines: string[]; name: string } {
  const isFactor = node.kind === 'call' && node.name === 'factor';
  const inner = isFactor ? node.parts[0]!.value : node;
  const column =
    inner.kind === 'name' ? columns.find(({ name }) => name === inner.name) : undefined;
  if (column?.type === 'number' && inner === node)
    return { lines: [], name: columnName(column.name) };
  const make = (text: string): { lines: string[]; name: string } => ({
    lines: [text],
    name: 'success_',
  });
  if (column && column.type !== 'boolean') {
    const y = `d[${pythonText(column.name)}]`;
    return make(`d["success_"] = (${y} == ${y}.dropna().max()).astype(float).where(${y}.notna())`);
  }
  const text = pythonExpression(node, (name) => `t[${pythonText(name)}]`, isColumn);
  return {
    lines: [
      't = d.convert_dtypes()',
      `d["success_"] = pd.Series(${text}, index=d.index).astype("Float64").astype(float)`,
    ],
    name: 'success_',
  };
}

function termTexts(
  formula: Formula,
  isColumn: (name: string) => boolean,
): { label: string; text: string }[] {
  const texts = formula.variables.map(({ node }) => variableText(node, isColumn));
  return formula.terms.map((term) => ({
    label: term.map((index) => formula.variables[index]!.label).join(':'),
    text: term.map((index) => texts[index]!).join(':'),
  }));
}

function variableText(node: Node, isColumn: (name: string) => boolean): string {
  if (node.kind === 'name') return columnName(node.name);
  const text = (inner: Node): string => pythonExpression(inner, columnName, isColumn);
  if (node.kind === 'call' && (node.name === 'C' || node.name === 'relevel')) {
    const [first, reference] = node.parts;
    const level = reference ? `, Treatment(reference=${levelValue(reference.value)})` : '';
    return `C(${text(first!.value)}${level})`;
  }
  if (node.kind === 'call' && ['bs', 'ns', 'poly'].includes(node.name))
    return basisText(node, text);
  if (node.kind === 'call' && node.name === 'factor') {
    const [first, levels] = node.parts;
    const given =
      levels?.value.kind === 'call' ? levels.value.parts.map(({ value }) => text(value)) : [];
    const order = given.length > 0 ? `, levels=[${given.join(', ')}]` : '';
    return `C(${text(first!.value)}${order})`;
  }
  return node.kind === 'call' && node.name !== 'I' ? text(node) : `I(${text(node)})`;
}

/** A level as pandas holds it: truth values and numbers are not texts there. */
function levelValue(node: Node): string {
  const name = levelText(node);
  const truth = parseBoolean(name);
  if (truth !== undefined) return truth ? 'True' : 'False';
  return parseNumber(name) === undefined ? pythonText(name) : name;
}

const keywords = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield C I Q np'.split(
    ' ',
  ),
);

/** A column in a formula of patsy. */
function columnName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) && !keywords.has(name) ? name : `Q(${pythonText(name)})`;
}

/** The formula as a text in Python, over several lines where it is long. */
function wrap(outcome: string, right: readonly string[]): string {
  const whole = `${outcome} ~ ${right.join(' + ')}`;
  if (whole.length <= 88) return pythonText(whole);
  const lines: string[] = [];
  let line = `${outcome} ~ `;
  for (const [index, term] of right.entries()) {
    const next = index === 0 ? term : ` + ${term}`;
    if (line.length + next.length > 84) {
      lines.push(line);
      line = '';
    }
    line += next;
  }
  return ['(', ...[...lines, line].map((part) => `    ${pythonText(part)}`), ')'].join('\n');
}
