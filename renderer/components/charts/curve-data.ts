import type { ChartData } from './chart-data.ts';

/** One curve, or a band, or both. `x` ascends; null is a gap. */
export interface CurveLine {
  readonly name: string;
  readonly x: readonly number[];
  readonly y?: readonly (number | null)[] | undefined;
  readonly low?: readonly (number | null)[] | undefined;
  readonly high?: readonly (number | null)[] | undefined;
  /** A role of the theme, such as `series-1`. */
  readonly color: string;
  readonly dashed?: boolean | undefined;
  /** Drawn grey: what the others are compared with. */
  readonly baseline?: boolean | undefined;
}

export type Values = (number | null | undefined)[];

/** One drawn series: which line it belongs to, and which of its parts it is. */
export interface Part {
  readonly line: number;
  readonly part: 'y' | 'low' | 'high';
}

export interface AlignedCurves {
  readonly x: number[];
  readonly values: Values[];
  readonly parts: readonly Part[];
  /** Values that cannot be drawn: at or below 0 on a logarithmic axis, or not finite. */
  readonly hidden: number;
}

/**
 * Lines over their own steps as columns over all steps. Where a line has no point there it is
 * undefined, through which a curve goes on; null stays a gap.
 */
export function alignCurves(lines: readonly CurveLine[], logY: boolean): AlignedCurves {
  const x = mergeSteps(lines.map((line) => line.x));
  const place = new Map(x.map((step, index) => [step, index]));
  const values: Values[] = [];
  const parts: Part[] = [];
  let hidden = 0;
  for (const [index, line] of lines.entries()) {
    for (const part of ['y', 'low', 'high'] as const) {
      const source = line[part];
      if (!source) continue;
      const column: Values = new Array<undefined>(x.length).fill(undefined);
      for (const [at, value] of source.entries()) {
        const step = line.x[at];
        const to = step === undefined ? undefined : place.get(step);
        if (to === undefined) continue;
        const drawn = value !== null && Number.isFinite(value) && !(logY && value <= 0);
        if (value !== null && !drawn && part === 'y') hidden++;
        column[to] = drawn ? value : null;
      }
      values.push(column);
      parts.push({ line: index, part });
    }
  }
  return { x, values, parts, hidden };
}

/** The numbers of the curves, one row per step and line. */
export function curveRows(xLabel: string, lines: readonly CurveLine[]): ChartData {
  const banded = lines.some((line) => line.low ?? line.high);
  return {
    columns: ['line', xLabel, 'value', ...(banded ? ['low', 'high'] : [])],
    rows: lines.flatMap((line) =>
      line.x.map((step, at) => [
        line.name,
        step,
        line.y?.[at] ?? null,
        ...(banded ? [line.low?.[at] ?? null, line.high?.[at] ?? null] : []),
      ]),
    ),
  };
}

/** The newest value of a line at or before a column, for the legend. */
export function valueAt(column: Values | undefined, index: number): number | null {
  for (let at = Math.min(index, (column?.length ?? 0) - 1); at >= 0; at--) {
    const value = column?.[at];
    if (value !== undefined) return value;
  }
  return null;
}

function mergeSteps(all: readonly (readonly number[])[]): number[] {
  const [first] = all;
  if (first && all.every((x) => x === first || sameSteps(x, first))) return [...first];
  return [...new Set(all.flat())].sort((a, b) => a - b);
}

function sameSteps(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((step, index) => step === b[index]);
}
