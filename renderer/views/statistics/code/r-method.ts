import type { RegressSpec } from '../../../../shared/domain/regress-spec.ts';
import type { Formula } from '../../../../shared/formula/formula.ts';
import { deparse, parse, type Node } from '../../../../shared/formula/syntax.ts';
import type { Reproducible } from './reproducible.ts';

const text = (value: string): string => JSON.stringify(value);

/** A formula in R's own words: groups with a reference level are relevelled factors there. */
export function rFormula(formula: string): string {
  const tree = parse(formula, 'formula');
  const translated = withReferences(tree);
  return translated === tree ? formula.replaceAll(/\s+/g, ' ').trim() : deparse(translated);
}

function withReferences(node: Node): Node {
  switch (node.kind) {
    case 'group': {
      const inner = withReferences(node.inner);
      return inner === node.inner ? node : { ...node, inner };
    }
    case 'unary': {
      const operand = withReferences(node.operand);
      return operand === node.operand ? node : { ...node, operand };
    }
    case 'binary': {
      const [left, right] = [withReferences(node.left), withReferences(node.right)];
      return left === node.left && right === node.right ? node : { ...node, left, right };
    }
    case 'call': {
      if (node.name !== 'C' && node.name !== 'relevel') return node;
      const [first, reference] = node.parts;
      const factor: Node = { ...node, name: 'factor', parts: [first!] };
      if (!reference) return factor;
      const level = {
        ...reference.value,
        kind: 'text' as const,
        value: levelText(reference.value),
      };
      const parts = [
        { label: undefined, value: factor },
        { label: 'ref', value: level },
      ];
      return { ...node, name: 'relevel', parts };
    }
    default:
      return node;
  }
}

/** The name of a level that was written as a text, a number or a truth value. */
export function levelText(node: Node): string {
  if (node.kind === 'text') return node.value;
  return node.kind === 'number' ? String(node.value) : deparse(node);
}

/** What missing values other than by leaving out rows come to, before the fit. */
export function rMissing({ spec, fit }: Reproducible, outcome: string): string[] {
  if (spec.missing !== 'mean-indicator' || !fit?.imputed) return [];
  return [
    '# Missing values: the mean of the rows that have an outcome, beside an indicator',
    `used <- !is.na(with(d, ${outcome}))`,
    ...fit.imputed.flatMap(({ term }) => [
      `d[["missing ${term}"]] <- is.na(d[[${text(term)}]])`,
      `if (is.numeric(d[[${text(term)}]])) d[[${text(term)}]][is.na(d[[${text(term)}]])] <- mean(d[[${text(term)}]][used], na.rm = TRUE)`,
    ]),
  ];
}

/** Indicators of missing values, which the policy adds to the formula. */
export function rIndicators({ spec, fit }: Reproducible): string {
  if (spec.missing !== 'mean-indicator') return '';
  return (fit?.imputed ?? []).map(({ term }) => ` + \`missing ${term}\``).join('');
}

/**
 * The formula without the terms that the policy left out. They must not be named: R drops the rows in
 * which a variable is missing for `y ~ x + z - z` too.
 */
export function withoutLeftOut(
  { spec, fit }: Reproducible,
  formula: Formula,
  labels: readonly string[],
): string {
  const left = (fit?.leftOut ?? []).map(({ term }) => term);
  if (left.length === 0) return spec.formula;
  const kept = labels.filter((label) => !label.split(':').some((part) => left.includes(part)));
  return `${deparse(formula.response)} ~ ${kept.join(' + ')}${formula.intercept ? '' : ' - 1'}`;
}

/** Code that fits `f` to `d`, and prints coefficients with their errors. */
export function rFit(about: Reproducible, intercept: boolean): string[] {
  const { spec } = about;
  const weights = spec.weights === undefined ? '' : `, weights = ${spec.weights}`;
  if (spec.penalty) return rPenalty(about, intercept);
  if (spec.method === 'firth')
    return [
      '# install.packages("logistf")',
      `fit <- logistf::logistf(f, data = d, pl = FALSE${weights}, control = logistf::logistf.control(maxit = 1000, gconv = 1e-10, xconv = 1e-10))`,
      'summary(fit)',
    ];
  const family = {
    gaussian: '',
    binomial: spec.link === 'probit' ? 'binomial(link = "probit")' : 'binomial',
    poisson: 'poisson',
  }[spec.family];
  return [
    family === ''
      ? `fit <- lm(f, data = d${weights})`
      : `fit <- glm(f, family = ${family}, data = d${weights}, control = glm.control(epsilon = 1e-12, maxit = 100))`,
    'summary(fit)',
    ...rErrors(spec),
    // confint of a glm profiles the likelihood; Assay's intervals are Wald's.
    ...(spec.errors && spec.errors.kind !== 'classical'
      ? []
      : [family === '' ? 'confint(fit)' : 'confint.default(fit)']),
    'nobs(fit)',
  ];
}

function rErrors({ errors, family }: RegressSpec): string[] {
  if (!errors || errors.kind === 'classical') return [];
  const { kind, cluster } = errors;
  const call =
    cluster === undefined
      ? `sandwich::vcovHC(fit, type = "${kind}")`
      : `sandwich::vcovCL(fit, cluster = ~ ${cluster}, type = "${kind === 'CR1' ? 'HC1' : 'HC0'}", cadjust = ${kind === 'CR1' ? 'TRUE' : 'FALSE'})`;
  const df =
    family !== 'gaussian'
      ? 'Inf'
      : cluster === undefined
        ? 'df.residual(fit)'
        : `length(unique(expand.model.frame(fit, ~ ${cluster}, na.expand = FALSE)[[${text(cluster)}]])) - 1`;
  return [
    '# install.packages(c("sandwich", "lmtest"))',
    `V <- ${call}`,
    `lmtest::coeftest(fit, vcov. = V, df = ${df})`,
  ];
}

function rPenalty({ spec, fit }: Reproducible, intercept: boolean): string[] {
  const penalised = fit?.penalised;
  const equivalent = penalised?.equivalents.find(({ program }) => program === 'glmnet');
  const family = spec.family === 'gaussian' ? 'gaussian' : 'binomial';
  const { kind, mixing } = spec.penalty!;
  const alpha = penalised?.mixing ?? (kind === 'ridge' ? 0 : kind === 'lasso' ? 1 : mixing!);
  const shared = [
    `family = "${family}"`,
    `alpha = ${/alpha = ([^,]+)/.exec(equivalent?.note ?? '')?.[1] ?? alpha}`,
    `standardize = ${penalised && !penalised.standardised ? 'FALSE' : 'TRUE'}`,
    `intercept = ${intercept ? 'TRUE' : 'FALSE'}`,
    ...(spec.weights === undefined ? [] : ['weights = w']),
    'thresh = 1e-14',
    'maxit = 1e7',
  ].join(', ');
  return [
    '# install.packages("glmnet")',
    spec.weights === undefined
      ? 'm <- model.frame(f, d)'
      : `m <- model.frame(f, d, weights = ${spec.weights})`,
    `x <- model.matrix(attr(m, "terms"), m)${intercept ? '[, -1, drop = FALSE]' : ''}`,
    'y <- model.response(m)',
    ...(spec.weights === undefined ? [] : ['w <- model.weights(m)']),
    ...(equivalent
      ? [
          ...(penalised!.chosenBy === 'given'
            ? []
            : [
                `# Assay chose lambda by ${penalised!.folds}-fold cross-validation (${penalised!.chosenBy}, seed ${penalised!.seed}).`,
              ]),
          `fit <- glmnet::glmnet(x, y, lambda = ${equivalent.value}, ${shared})`,
          'coef(fit)',
        ]
      : [
          '# Folds are drawn anew here, so the strength chosen may differ.',
          `fit <- glmnet::cv.glmnet(x, y, ${shared})`,
          'coef(fit, s = "lambda.min")',
        ]),
  ];
}
