import { logNormalCdf, normalMills } from '../../../shared/stats/normal.ts';
import { poissonDeviance, stirlingError } from '../../../shared/stats/gamma.ts';

/** What iteratively reweighted least squares needs to know of one observation. */
export interface WorkingRow {
  /** Square root of the working weight. */
  root: number;
  /** Working residual times that root: (y - mu) / (dmu/deta) root. */
  residual: number;
  /** Contribution to the deviance. */
  deviance: number;
}

/** A distribution with its link function. */
export interface GlmFamily {
  readonly name: string;
  /** Linear predictor from which the iteration starts, given the outcome. */
  start(y: number): number;
  /** Writes the working row of an observation. */
  evaluate(y: number, eta: number, row: WorkingRow): void;
  /** The expected outcome. */
  mean(eta: number): number;
  /** Log-likelihood of a perfect prediction of y: what -deviance / 2 is short of. */
  saturated(y: number): number;
}

/**
 * Bernoulli outcomes with the logit link. Everything is written in the margin m = (2y - 1) eta, so
 * that nothing is lost where a fitted probability rounds to 0 or 1.
 */
export const bernoulliLogit: GlmFamily = {
  name: 'binomial, logit link',
  // R's glm starts from mu = (y + 1/2) / 2.
  start: (y) => (y === 1 ? Math.log(3) : -Math.log(3)),
  evaluate(y, eta, row) {
    const margin = y === 1 ? eta : -eta;
    const halfWay = Math.exp(-margin / 2);
    // The weight mu (1 - mu) is 1 / (e^(m/2) + e^(-m/2))^2.
    row.root = 1 / (halfWay + 1 / halfWay);
    row.residual = y === 1 ? halfWay : -halfWay;
    row.deviance =
      margin > 0 ? 2 * Math.log1p(Math.exp(-margin)) : 2 * (Math.log1p(Math.exp(margin)) - margin);
  },
  mean: (eta) => 1 / (1 + Math.exp(-eta)),
  saturated: () => 0,
};

/**
 * Bernoulli outcomes with the probit link, in the margin too: with the Mills ratio M(m) of density and
 * distribution, the derivative of the log-likelihood is M(m) and Fisher's weight M(m) M(-m).
 */
export const bernoulliProbit: GlmFamily = {
  name: 'binomial, probit link',
  start: (y) => (y === 1 ? 0.6744897501960817 : -0.6744897501960817),
  evaluate(y, eta, row) {
    const margin = y === 1 ? eta : -eta;
    const score = normalMills(margin);
    row.root = Math.sqrt(score * normalMills(-margin));
    row.residual = ((y === 1 ? 1 : -1) * score) / row.root;
    row.deviance = -2 * logNormalCdf(margin);
  },
  mean: (eta) => Math.exp(logNormalCdf(eta)),
  saturated: () => 0,
};

/** Counts with the log link; any outcome that is not negative is taken. */
export const poissonLog: GlmFamily = {
  name: 'poisson, log link',
  start: (y) => Math.log(y + 0.1),
  evaluate(y, eta, row) {
    const mean = Math.exp(eta);
    row.root = Math.sqrt(mean);
    row.residual = (y - mean) / row.root;
    row.deviance = 2 * poissonDeviance(y, mean);
  },
  mean: Math.exp,
  saturated: (y) => (y === 0 ? 0 : -0.5 * Math.log(2 * Math.PI * y) - stirlingError(y)),
};
