import { deparse, type Node } from '../../../../shared/formula/syntax.ts';
import { missingMarks, readParts, type Reproducible } from './reproducible.ts';

/** R code that repeats a fit: same rows, same coding, same intervals. @throws AppError */
export function rCode(about: Reproducible): string {
  const { spec, delimiter, tableSha256 } = about;
  const { formula, filter, skippedLines, usesCenter } = readParts(about);
  const isBinomial = spec.family === 'binomial';
  const options = [
    `sep = ${text(delimiter)}`,
    ...(skippedLines > 0 ? [`skip = ${skippedLines}`] : []),
    `na.strings = c(${missingMarks.map(text).join(', ')})`,
    'check.names = FALSE',
    'comment.char = ""',
    'stringsAsFactors = TRUE',
  ];
  return [
    '# Run in the project folder.',
    `# ${oneLine(spec.table)} had SHA-256 ${tableSha256}`,
    `d <- read.csv(${text(spec.table)}, ${options.join(', ')})`,
    ...(usesCenter ? ['center <- function(x) x - mean(x, na.rm = TRUE)'] : []),
    ...(filter ? [`d <- subset(d, ${deparse(rowWise(filter))})`] : []),
    isBinomial
      ? `fit <- glm(${oneLine(spec.formula)}, family = binomial, data = d)`
      : `fit <- lm(${oneLine(spec.formula)}, data = d)`,
    'summary(fit)',
    // confint of a glm profiles the likelihood; Assay's intervals are Wald's.
    isBinomial ? 'confint.default(fit)' : 'confint(fit)',
    'nobs(fit)',
    '',
    // car::vif weights a glm's design; Assay's factors are of the design as it stands.
    ...(formula.intercept && formula.terms.length > 0
      ? [
          '# Variance inflation of each column of the design',
          'if (!anyNA(coef(fit))) diag(solve(cor(model.matrix(fit)[, -1, drop = FALSE])))',
        ]
      : []),
    '',
  ].join('\n');
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
