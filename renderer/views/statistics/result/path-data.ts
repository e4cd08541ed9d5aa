import type { PenalisedFit } from '../../../../shared/contract/fit-diagnostics.ts';
import { visibleText } from '../../../../shared/text.ts';
import type { PlotPoint, PlotRule } from '../../../components/charts/point-data.ts';

/** Curves beyond this many cannot be told apart. */
export const shownCurves = 16;

/** Coefficients along the path, [strength] ascending on the axis, one series for each term. */
export function pathPoints({ curves, path }: PenalisedFit): PlotPoint[] {
  return curves.slice(0, shownCurves).flatMap(({ term, values }, index) =>
    values.flatMap((y, at): PlotPoint[] => {
      const strength = path[at]?.strength;
      if (strength === undefined || strength <= 0) return [];
      const label = visibleText(term);
      return [{ x: strength, y, series: term, label, color: `series-${(index % 8) + 1}` }];
    }),
  );
}

/** Held-out loss with one standard error to both sides, where it was estimated. */
export function lossPoints({ path }: PenalisedFit): PlotPoint[] {
  return path.flatMap(({ strength, loss, lossSe, nonZero }): PlotPoint[] => {
    if (loss === null || strength <= 0) return [];
    const ends = lossSe === null ? {} : { low: loss - lossSe, high: loss + lossSe };
    return [{ x: strength, y: loss, ...ends, label: `${nonZero} not 0` }];
  });
}

/** Where the fit's strength lies, and those that the two rules would choose. */
export function strengthRules({ strength, minimum, oneStandardError }: PenalisedFit): PlotRule[] {
  const rules: PlotRule[] = [{ axis: 'x', value: strength, label: 'this fit' }];
  if (minimum !== null && minimum !== strength)
    rules.push({ axis: 'x', value: minimum, label: 'least loss' });
  if (oneStandardError !== null && oneStandardError !== strength)
    rules.push({ axis: 'x', value: oneStandardError, label: '1 se' });
  return rules.filter(({ value }) => value > 0);
}
