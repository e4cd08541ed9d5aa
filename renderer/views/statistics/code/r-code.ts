import { deparse, parse, quoteName, type Node } from '../../../../shared/formula/syntax.ts';
import type { Formula } from '../../../../shared/formula/formula.ts';
import {
  fileKind,
  imputedColumns,
  missingMarks,
  readParts,
  type Reproducible,
} from './reproducible.ts';
import { rFit } from './r-fit.ts';

/** R code that repeats a fit: same rows, same coding, same intervals. @throws AppError */
export function rCode(about: Reproducible): string {
  const { spec, tableSha256 } = about;
  const { formula, filter, skippedLines, usesCenter, usesSplines } = readParts(about);
  const imputed = imputedColumns(about).map(({ name }) => name);
  const written = formulaText(formula, imputed);
  const { packages, lines } = rFit(about, written);
  return [
    ...packages.map((name) => `library(${name})`),
    ...(usesSplines ? ['library(splines)'] : []),
    '# Run in the project folder.',
    `# ${oneLine(spec.table)} had SHA-256 ${tableSha256}`,
    readTable(about, skippedLines),
    ...(usesCenter ? ['center <- function(x) x - mean(x, na.rm = TRUE)'] : []),
    ...(filter ? [`d <- subset(d, ${deparse(rowWise(filter))})`] : []),
    ...imputations(imputed, formula),
    ...lines,
    '',
    // car::vif weights a glm's design; Assay's factors are of the design as it stands.
    ...(formula.intercept && formula.terms.length > 0 && !spec.penalty && spec.method !== 'firth'
      ? [
          '# Variance inflation of each column of the design',
          'if (!anyNA(coef(fit))) diag(solve(cor(model.matrix(fit)[, -1, drop = FALSE])))',
        ]
      : []),
    '',
  ].join('\n');
}

function readTable({ spec, delimiter }: Reproducible, skippedLines: number): string {
  const file = text(spec.table);
  const kind = fileKind(spec.table);
  if (kind === 'parquet') return `d <- as.data.frame(arrow::read_parquet(${file}))`;
  if (kind === 'json-lines') return `d <- jsonlite::stream_in(file(${file}), verbose = FALSE)`;
  const options = [
    `sep = ${text(delimiter)}`,
    ...(skippedLines > 0 ? [`skip = ${skippedLines}`] : []),
    `na.strings = c(${missingMarks.map(text).join(', ')})`,
    'check.names = FALSE',
    'comment.char = ""',
    'stringsAsFactors = TRUE',
  ];
  return `d <- read.csv(${file}, ${options.join(', ')})`;
}

/** The mean in place of missing cells, and their indicator as a column of its own. */
function imputations(names: readonly string[], formula: Formula): string[] {
  if (names.length === 0) return [];
  return [
    `d <- d[!is.na(with(d, ${deparse(formula.response)})), ]`,
    `for (name in c(${names.map(text).join(', ')})) {`,
    '  gap <- is.na(d[[name]])',
    '  d[[paste0(name, ".missing")]] <- as.numeric(gap)',
    '  d[[name]][gap] <- mean(d[[name]], na.rm = TRUE)',
    '}',
  ];
}

/** The formula with every term spelled out, groups in R's own calls. */
function formulaText(
  { response, variables, terms, intercept }: Formula,
  imputed: readonly string[],
) {
  const texts = variables.map(({ node }) => deparse(inR(node)));
  const right = [
    ...terms.map((term) => term.map((index) => texts[index]!).join(':')),
    ...imputed.map((name) => quoteName(`${name}.missing`)),
  ];
  const tail = intercept ? '' : right.length === 0 ? '0' : ' - 1';
  const body = right.length === 0 && intercept ? '1' : right.join(' + ');
  return `${deparse(response)} ~ ${body}${tail}`;
}

/** C(g, "b") sets contrasts in R; what is meant here is the reference level. */
function inR(node: Node): Node {
  if (node.kind !== 'call' || (node.name !== 'C' && node.name !== 'relevel')) return node;
  const [first, level] = node.parts;
  const groups: Node = { ...node, name: 'factor', parts: [first!] };
  if (!level) return groups;
  const parts = [
    { label: undefined, value: groups },
    { label: 'ref', value: level.value },
  ];
  return { ...node, name: 'relevel', parts };
}

/** R's `&&` and `||` take one value only, Assay's take columns. */
function rowWise(node: Node): Node {
  if (node.kind === 'group') return { ...node, inner: rowWise(node.inner) };
  if (node.kind === 'unary') return { ...node, operand: rowWise(node.operand) };
  if (node.kind !== 'binary') return node;
  const operator = { '&&': '&', '||': '|' }[node.operator] ?? node.operator;
  return { ...node, operator, left: rowWise(node.left), right: rowWise(node.right) };
}

/** An expression of columns, such as weights, in R. */
export function rExpression(source: string): string {
  return deparse(rowWise(parse(source, 'filter')));
}

function text(value: string): string {
  return JSON.stringify(value);
}

function oneLine(value: string): string {
  return value.replaceAll(/\s+/g, ' ').trim();
}
