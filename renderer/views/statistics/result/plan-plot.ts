import type { Coefficient } from '../../../../shared/contract/statistics.ts';

interface PlotRow {
  readonly term: string;
  readonly estimate: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface PlotPlan {
  readonly rows: readonly PlotRow[];
  /** Estimates are in units of their standard errors. */
  readonly isScaled: boolean;
  /** Terms beyond those that a plot can hold. */
  readonly omitted: number;
}

const mostRows = 60;
/** Widths of intervals that differ by more than this do not share an axis. */
const mostSpread = 60;

/** Which coefficients are drawn, and on which scale. The intercept is not: its zero means nothing. */
export function planPlot(coefficients: readonly Coefficient[]): PlotPlan {
  const terms = coefficients.filter(({ term }) => term !== '(Intercept)');
  const rows = terms.slice(0, mostRows);
  const widths = rows.flatMap(({ low, high }) =>
    low !== null && high !== null && high > low ? [high - low] : [],
  );
  const isScaled = widths.length > 1 && Math.max(...widths) > mostSpread * Math.min(...widths);
  return {
    rows: rows.map(({ term, estimate, se, low, high }) => {
      const by = isScaled ? se : 1;
      const scale = (value: number | null): number | null =>
        value === null || by === null || by === 0 ? null : value / by;
      return { term, estimate: scale(estimate), low: scale(low), high: scale(high) };
    }),
    isScaled,
    omitted: terms.length - rows.length,
  };
}
