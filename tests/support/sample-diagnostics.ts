import type { FitDiagnostics, RowDiagnostics } from '../../shared/contract/fit-diagnostics.ts';
import type { Fill } from './sample-report.ts';

const row = (number: number): RowDiagnostics => ({
  row: number,
  fitted: number / 10,
  residual: 0.3 - number / 20,
  standardised: 1.1,
  studentised: 1.2 - number / 5,
  devianceResidual: 0.9,
  leverage: 0.1,
  cook: 0.02 * number,
});
const slope = { estimate: 0.5, se: 0.1, statistic: 5, p: 1e-6 };

/** Diagnostics in which every part of the section has something to show. */
export function sampleDiagnostics(fill: Fill): FitDiagnostics {
  const columns = [fill('diagnosed column 1'), fill('diagnosed column 2')];
  const rows = Array.from({ length: 12 }, (_, i) => row(i + 1));
  return {
    tableSha256: 'ab'.repeat(32),
    n: 12,
    inflation: [{ term: fill('inflated term'), df: 2, gvif: 5, adjusted: 1.5 }],
    collinearity: {
      columns,
      dimensions: [
        { singularValue: 1, index: 1, proportions: [0.1, 0.2] },
        { singularValue: 0.01, index: 100, proportions: [0.9, 0.8] },
      ],
    },
    omitted: [{ what: fill('omitted part'), why: fill('why it is omitted') }],
    durbinWatson: 2,
    breuschPagan: { statistic: 3, df: 1, p: 0.08 },
    press: 1.5,
    predictedR2: 0.4,
    influence: {
      maxLeverage: { row: 3, value: 0.5 },
      maxCook: { row: 12, value: 0.24 },
      leverageSum: 2,
      highLeverage: 1,
      highCook: 1,
      rows,
      sampled: false,
      most: rows.slice(0, 2).map((one) => ({ ...one, dfbetas: [0.4, -0.8] })),
      columns: ['moved not', fill('moved column')],
    },
    calibration: {
      bins: [{ n: 6, from: 0, to: 0.5, predicted: 0.3, observed: 0.2, low: 0.1, high: 0.5 }],
      brier: 0.2,
      brierOfBaseRate: 0.25,
    },
    roc: {
      auc: 0.8,
      points: [
        { threshold: 'Infinity', truePositive: 0, falsePositive: 0 },
        { threshold: 0, truePositive: 1, falsePositive: 1 },
      ],
    },
    zeroOrder: [
      { term: fill('lone term'), alone: slope, together: slope, note: fill('note on it') },
    ],
    importance: {
      shares: [{ term: fill('sharing term'), share: 0.4 }],
      r2: 0.4,
      orders: null,
      seed: null,
    },
    adjustedP: {
      terms: [fill('tested term'), 'another'],
      p: [0.01, 0.2],
      methods: [{ method: 'holm', p: [0.02, 0.2] }],
    },
  };
}
