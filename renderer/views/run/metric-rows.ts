import { metricDefinition } from '../../../shared/domain/metrics.ts';

export interface MetricRow {
  readonly name: string;
  readonly title: string;
  readonly definition: string;
  readonly unit: string;
  readonly all: number | null | undefined;
  readonly first: number | null | undefined;
  readonly others: number | null | undefined;
}

/** Metrics with what was measured over position 0 and over the others beside it, in their order. */
export function metricRows(metrics: Readonly<Record<string, number | null>>): MetricRow[] {
  const names = new Set(
    Object.keys(metrics).map((name) => name.replace(/(FirstPosition|OtherPositions)$/, '')),
  );
  return [...names].map((name) => {
    const { title, definition, unit = '' } = metricDefinition(name);
    return {
      name,
      title,
      definition,
      unit,
      all: metrics[name],
      first: metrics[`${name}FirstPosition`],
      others: metrics[`${name}OtherPositions`],
    };
  });
}
