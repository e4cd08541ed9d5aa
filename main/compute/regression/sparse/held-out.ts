import { areaUnderCurve } from '../classification.ts';

/** One part of the held-out rows by rising prediction. */
export interface CalibrationBin {
  readonly rows: number;
  /** Mean prediction and mean outcome. */
  readonly predicted: number;
  readonly observed: number;
}

/** What a fit is worth on rows that it has not seen. */
export interface HeldOutFigures {
  readonly rows: number;
  /** Share of the rows with the more frequent outcome of the fitted rows (binomial). */
  readonly baseRate: number | null;
  readonly accuracy: number | null;
  readonly auc: number | null;
  /** Mean squared difference of probability and outcome (Brier 1950). */
  readonly brier: number | null;
  /** 1 - squared error / that of the fitted rows' mean (gaussian). */
  readonly r2: number | null;
  readonly rmse: number | null;
  /** Mean deviance. */
  readonly deviance: number;
  readonly calibration: readonly CalibrationBin[];
}

const bins = 10;

/**
 * @param eta linear predictor of the held-out rows
 * @param mean of the outcome over the fitted rows
 */
export function heldOutFigures(
  y: Float64Array,
  eta: Float64Array,
  family: 'gaussian' | 'binomial',
  mean: number,
): HeldOutFigures {
  const n = y.length;
  const isBinomial = family === 'binomial';
  const predicted = isBinomial ? eta.map((value) => 1 / (1 + Math.exp(-value))) : eta;
  let [right, base, squares, total, deviance] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    if (eta[i]! > 0 === (y[i] === 1)) right++;
    if (mean > 0.5 === (y[i] === 1)) base++;
    squares += (y[i]! - predicted[i]!) ** 2;
    total += (y[i]! - mean) ** 2;
    const margin = y[i] === 1 ? eta[i]! : -eta[i]!;
    deviance += 2 * (Math.log1p(Math.exp(-Math.abs(margin))) + Math.max(0, -margin));
  }
  const auc = isBinomial ? areaUnderCurve(eta, y) : null;
  return {
    rows: n,
    baseRate: isBinomial ? base / n : null,
    accuracy: isBinomial ? right / n : null,
    auc: auc !== null && Number.isFinite(auc) ? auc : null,
    brier: isBinomial ? squares / n : null,
    r2: !isBinomial && total > 0 ? 1 - squares / total : null,
    rmse: isBinomial ? null : Math.sqrt(squares / n),
    deviance: isBinomial ? deviance / n : squares / n,
    calibration: calibrate(y, predicted),
  };
}

/** Equally full bins by prediction; fewer where there are fewer rows. */
function calibrate(y: Float64Array, predicted: Float64Array): CalibrationBin[] {
  const order = Uint32Array.from(y, (_, i) => i).sort(
    (a, b) => predicted[a]! - predicted[b]! || a - b,
  );
  const count = Math.min(bins, y.length);
  return Array.from({ length: count }, (_, bin) => {
    const members = order.subarray(
      Math.floor((bin * y.length) / count),
      Math.floor(((bin + 1) * y.length) / count),
    );
    const mean = (values: Float64Array) =>
      members.reduce((sum, i) => sum + values[i]!, 0) / members.length;
    return { rows: members.length, predicted: mean(predicted), observed: mean(y) };
  });
}
