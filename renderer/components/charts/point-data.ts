/** A point of a plot; `color` is a role, `series-1` where it is absent. */
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  /** Said on hover before the figures. */
  readonly label?: string | undefined;
  readonly color?: string | undefined;
  /** Points that are joined with each other, where points are. */
  readonly series?: string | undefined;
}

/** A line through points that are no data, such as a diagonal. */
export interface PlotLine {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  readonly color?: string | undefined;
  readonly dashed?: boolean | undefined;
}

/** A straight line across the plot at one value. */
export interface PlotRule {
  readonly axis: 'x' | 'y';
  readonly value: number;
  readonly label?: string | undefined;
}
