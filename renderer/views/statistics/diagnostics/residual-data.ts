import type {
  FitDiagnostics,
  RowDiagnostics,
} from '../../../../shared/contract/fit-diagnostics.ts';
import { normalQuantile } from '../../../../shared/stats/normal.ts';
import type { PlotLine, PlotPoint } from '../../../components/charts/point-data.ts';

type Influence = NonNullable<FitDiagnostics['influence']>;

/** The residual of a row that is compared with a normal one: deleted where it is known. */
export function comparableResidual(row: RowDiagnostics): number | null {
  return row.studentised ?? row.standardised ?? row.devianceResidual;
}

/** Residuals by fitted value. A row outside the interval of 19 in 20 is marked from 3 on. */
export function residualPoints({ rows }: Influence): PlotPoint[] {
  return rows.flatMap((row) => {
    const y = comparableResidual(row);
    return y === null ? [] : [{ ...named(row), x: row.fitted, y, ...(Math.abs(y) > 3 && marked) }];
  });
}

/** Leverage and residual of each row: influence is large where both are. */
export function leveragePoints({ rows }: Influence): PlotPoint[] {
  return rows.flatMap((row) => {
    const y = comparableResidual(row);
    return y === null
      ? []
      : [{ ...named(row), x: row.leverage, y, ...((row.cook ?? 0) > 1 && marked) }];
  });
}

export function cookPoints({ rows }: Influence): PlotPoint[] {
  return rows.flatMap((row) =>
    row.cook === null
      ? []
      : [{ ...named(row), x: row.row, y: row.cook, ...(row.cook > 1 && marked) }],
  );
}

/**
 * Residuals in order against the normal quantiles of their ranks, Blom's (i - 3/8) / (n + 1/4), with
 * the line through both quartiles.
 */
export function normalPoints({ rows }: Influence): { points: PlotPoint[]; lines: PlotLine[] } {
  const known = rows
    .flatMap((row) => {
      const y = comparableResidual(row);
      return y === null ? [] : [{ row, y }];
    })
    .sort((a, b) => a.y - b.y);
  const n = known.length;
  if (n < 3) return { points: [], lines: [] };
  const points = known.map(({ row, y }, index) => ({
    ...named(row),
    x: normalQuantile((index + 1 - 3 / 8) / (n + 1 / 4)),
    y,
  }));
  const at = (share: number) => points[Math.round(share * (n - 1))]!;
  const [lower, upper] = [at(0.25), at(0.75)];
  const slope = (upper.y - lower.y) / (upper.x - lower.x);
  const line = (x: number): [number, number] => [x, lower.y + slope * (x - lower.x)];
  const ends = [line(points[0]!.x), line(points.at(-1)!.x)];
  return { points, lines: [{ name: 'quartiles', points: ends, dashed: true }] };
}

const marked = { color: 'series-2' };

function named({ row }: RowDiagnostics): { label: string } {
  return { label: `row ${row}` };
}
