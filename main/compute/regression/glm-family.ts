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
};
