import type { CurveLine } from '../../components/charts/curve-data.ts';
import { isThinned, middles, overSeeds, type Curve } from './curves.ts';

export type Replicates = 'lines' | 'band';

interface Source {
  readonly run: string;
  readonly label: string;
  readonly color: string;
}

const seriesColors = 8;

/** A colour of the theme for the n-th of several. */
export function seriesColor(index: number): string {
  return `series-${(index % seriesColors) + 1}`;
}

/** One line for each run; where it is thinned, a band shows the extremes of each stretch. */
export function linesOfRuns(
  sources: readonly Source[],
  name: string,
  of: (run: string) => Curve,
): CurveLine[] {
  const isEvaluation = name.startsWith('eval.');
  return sources.flatMap(({ run, label, color }) => {
    const curve = of(run);
    if (curve.x.length === 0) return [];
    const band = isThinned(curve) ? { low: curve.low, high: curve.high } : {};
    return [
      {
        name: isEvaluation ? `${label}, held out` : label,
        x: curve.x,
        y: middles(curve),
        color,
        dashed: isEvaluation,
        ...band,
      },
    ];
  });
}

/** Replicates as one line, their mean, in a band from the lowest to the highest. */
export function bandOfRuns(
  runs: readonly string[],
  name: string,
  label: string,
  color: string,
  of: (run: string) => Curve,
): CurveLine[] {
  const curves = runs.map(of).filter(({ x }) => x.length > 0);
  if (curves.length === 0) return [];
  const { x, low, high, mean } = overSeeds(curves);
  const isEvaluation = name.startsWith('eval.');
  return [
    {
      name: isEvaluation ? `${label}, held out` : label,
      x,
      y: mean,
      low,
      high,
      color,
      dashed: isEvaluation,
    },
  ];
}

/** Points drawn and kept, over all lines of a chart, for its caption. */
export function pointCounts(curves: readonly Curve[]): { drawn: number; total: number } {
  return {
    drawn: curves.reduce((sum, { x }) => sum + x.length, 0),
    total: curves.reduce((sum, { total }) => sum + total, 0),
  };
}
