import { objectiveOrImported } from '../../../shared/domain/objective-names.ts';
import type { MetricSummary, RunGroup } from '../../../shared/contract/runs.ts';

/** What can be read at hook points after the dictionary. */
export const laterMetrics = ['explainedVariance', 'mse'] as const;
export type LaterMetricName = (typeof laterMetrics)[number];

const laterName = /^(.+)\.blocks\.(\d+)\.hook_\w+$/;

/** Names of a metric at later hook points, of those that runs have. */
export function laterNames(names: readonly string[], metric: LaterMetricName): string[] {
  return names.filter((name) => laterName.exec(name)?.[1] === metric);
}

export interface LayerError extends MetricSummary {
  readonly key: string;
  readonly label: string;
  readonly type: string;
  readonly layer: number;
}

/** One figure for each group and layer, the layer of the dictionary itself first. */
export function layerErrors(groups: readonly RunGroup[], metric: LaterMetricName): LayerError[] {
  return groups.flatMap((group) => {
    const own = Number(/^blocks\.(\d+)\./.exec(group.hook)?.[1] ?? NaN);
    const at = (name: string, layer: number): LayerError[] => {
      const summary = group.metrics[name];
      return typeof summary?.mean !== 'number'
        ? []
        : [
            {
              ...summary,
              key: group.key,
              label: group.name,
              type: objectiveOrImported(group.type),
              layer,
            },
          ];
    };
    const later = laterNames(Object.keys(group.metrics), metric).flatMap((name) =>
      at(name, Number(laterName.exec(name)![2])),
    );
    if (later.length === 0) return [];
    return [...at(metric, own), ...later].sort((a, b) => a.layer - b.layer);
  });
}
