import type {
  HeldOut,
  PredictionDetail,
  SelectedFeature,
} from '../../../../shared/contract/predictions.ts';
import { visibleText } from '../../../../shared/text.ts';
import type { PlotPoint, PlotRule } from '../../../components/charts/point-data.ts';
import { formatCount, formatNumber } from '../../../components/format.ts';

/** Curves beyond this many cannot be told apart. */
export const shownCurves = 16;

/** A feature with its label, as legends and tables call it. */
export function featureName(feature: number, labels: PredictionDetail['labels']): string {
  const label = labels[String(feature)];
  return label === undefined ? `${feature}` : `${feature} ${visibleText(label)}`;
}

/** Standardised coefficients along the path, one series for each feature. */
export function pathPoints({ curves, path, labels }: PredictionDetail): PlotPoint[] {
  return curves.slice(0, shownCurves).flatMap(({ feature, values }, index) =>
    values.flatMap((y, at): PlotPoint[] => {
      const lambda = path[at]?.lambda;
      if (lambda === undefined || lambda <= 0) return [];
      const label = featureName(feature, labels);
      return [{ x: lambda, y, series: `${feature}`, label, color: `series-${(index % 8) + 1}` }];
    }),
  );
}

/** Mean deviance of the folds' held-out rows with one standard error to both sides. */
export function lossPoints({ path }: PredictionDetail): PlotPoint[] {
  return path.flatMap(({ lambda, loss, se, selected }): PlotPoint[] => {
    if (loss === null || lambda <= 0) return [];
    const ends = se === null ? {} : { low: loss - se, high: loss + se };
    return [{ x: lambda, y: loss, ...ends, label: `${formatCount(selected)} features` }];
  });
}

/** Where the strength that was taken lies, and the one of least loss. */
export function strengthRules({ path, chosen, minimum }: PredictionDetail): PlotRule[] {
  const at = (position: number) => path[position]?.lambda ?? 0;
  const rules: PlotRule[] = [{ axis: 'x', value: at(chosen), label: 'taken' }];
  if (minimum !== chosen) rules.push({ axis: 'x', value: at(minimum), label: 'least loss' });
  return rules.filter(({ value }) => value > 0);
}

/** Predicted beside observed shares, in equally full bins. */
export function calibrationPoints({ calibration }: HeldOut): PlotPoint[] {
  return calibration.map(({ predicted, observed, rows }) => ({
    x: predicted,
    y: observed,
    label: formatCount(rows) + ' rows',
  }));
}

/** What a fit is worth on sequences that it has not seen, in words. */
export function worthOf(heldOut: HeldOut): string {
  const { auc, accuracy, baseRate, brier, r2, rmse, rows } = heldOut;
  const number = (value: number | null) => formatNumber(value, 4);
  const figures =
    auc === null && r2 !== null
      ? `R² ${number(r2)}, error ${number(rmse)}`
      : `AUC ${number(auc)}, accuracy ${number(accuracy)} against a base rate of ${number(baseRate)}, Brier score ${number(brier)}`;
  return `${figures}, on ${formatCount(rows)} held-out rows`;
}

/** How the dictionaries of other seeds agree about the sign of a feature: `2 same, 1 apart`. */
export function seedWords({ seeds }: SelectedFeature): string {
  const counts = Map.groupBy(seeds, ({ outcome }) => outcome);
  return [...counts].map(([outcome, some]) => `${some.length} ${outcome}`).join(', ');
}
