import { termLabel } from '../../../../shared/formula/formula.ts';
import { deparse, type Node } from '../../../../shared/formula/syntax.ts';
import { rFit, rFormula, rIndicators, rMissing, withoutLeftOut } from './r-method.ts';
import { missingMarks, readParts, type Reproducible } from './reproducible.ts';

/** R's poly refuses missing values, where its splines pass over them. */
const polyOfKnown = [
  'poly <- function(x, ...) {',
  '  basis <- stats::poly(x[!is.na(x)], ...)',
  '  all <- matrix(NA, length(x), ncol(basis), dimnames = list(NULL, colnames(basis)))',
  '  all[!is.na(x), ] <- basis',
  '  all',
  '}',
].join('\n');

/** R code that repeats a fit: same rows, same coding, same intervals. @throws AppError */
export function rCode(about: Reproducible): string {
  const { spec, delimiter, tableSha256 } = about;
  const { formula, filter, skippedLines, usesCenter } = readParts(about);
  const options = [
    `sep = ${text(delimiter)}`,
    ...(skippedLines > 0 ? [`skip = ${skippedLines}`] : []),
    `na.strings = c(${missingMarks.map(text).join(', ')})`,
    'check.names = FALSE',
    'comment.char = ""',
    'stringsAsFactors = TRUE',
  ];
  const labels = formula.terms.map((term) => termLabel(formula, term));
  const calls = (...names: string[]): boolean =>
    formula.variables.some(({ node }) => node.kind === 'call' && names.includes(node.name));
  const usesSplines = calls('bs', 'ns');
  const usesPoly = calls('poly') && spec.missing !== 'mean-indicator';
  const cluster = spec.errors?.cluster;
  const plain = !spec.penalty && spec.method !== 'firth';
  return [
    '# Run in the project folder.',
    `# ${oneLine(spec.table)} had SHA-256 ${tableSha256}`,
    ...(usesSplines ? ['library(splines)'] : []),
    readTable(spec.table, options),
    ...(usesCenter ? ['center <- function(x) x - mean(x, na.rm = TRUE)'] : []),
    ...(filter ? [`d <- subset(d, ${deparse(rowWise(filter))})`] : []),
    ...(cluster === undefined ? [] : [`d <- d[!is.na(d[[${text(cluster)}]]), ]`]),
    ...rMissing(about, deparse(formula.response)),
    ...(spec.exact ? ['# Assay calculated with about 32 digits; R has 16.'] : []),
    ...(usesPoly ? [polyOfKnown] : []),
    `f <- ${rFormula(withoutLeftOut(about, formula, labels))}${rIndicators(about)}`,
    ...rFit(about, formula.intercept),
    '',
    // car::vif weights a glm's design; Assay's factors are of the design as it stands.
    ...(plain && formula.intercept && formula.terms.length > 0
      ? [
          '# Variance inflation of each column of the design',
          'if (!anyNA(coef(fit))) diag(solve(cor(model.matrix(fit)[, -1, drop = FALSE])))',
        ]
      : []),
    '',
  ].join('\n');
}

function readTable(table: string, options: readonly string[]): string {
  if (/\.parquet$/i.test(table))
    return `d <- as.data.frame(arrow::read_parquet(${text(table)})) # install.packages("arrow")`;
  if (/\.(jsonl|ndjson)$/i.test(table))
    return `d <- jsonlite::stream_in(file(${text(table)}), verbose = FALSE) # install.packages("jsonlite")`;
  return `d <- read.csv(${text(table)}, ${options.join(', ')})`;
}

/** R's `&&` and `||` take one value only, Assay's take columns. */
function rowWise(node: Node): Node {
  if (node.kind === 'group') return { ...node, inner: rowWise(node.inner) };
  if (node.kind === 'unary') return { ...node, operand: rowWise(node.operand) };
  if (node.kind !== 'binary') return node;
  const operator = { '&&': '&', '||': '|' }[node.operator] ?? node.operator;
  return { ...node, operator, left: rowWise(node.left), right: rowWise(node.right) };
}

function text(value: string): string {
  return JSON.stringify(value);
}

function oneLine(value: string): string {
  return value.replaceAll(/\s+/g, ' ').trim();
}
