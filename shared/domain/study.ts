import type { MetricSummary } from '../contract/runs.ts';
import { meanInterval } from '../stats/mean-interval.ts';
import { pairedDifference } from '../stats/paired-difference.ts';
import { defaultRunMetrics, type MetricName } from './metrics.ts';

/**
 * Objectives held against each other at equal sparsity. Sparsity coefficients of different objectives
 * cannot be compared, so each was given the one at which its held-out L0 is that of the others.
 */

/** Figures of a study, in the order of its tables: those of the run table, errors as explained variance. */
export const studyMetrics = defaultRunMetrics.filter((name) => name !== 'mse');

/** One trained dictionary of a study. */
export interface StudiedRun {
  readonly id: string;
  readonly seed: number;
  readonly dictionary: string | null;
  /** Of the sparsity. */
  readonly coefficient: number;
  readonly metrics: Readonly<Record<string, number | null>>;
}

export interface StudiedObjective {
  readonly name: string;
  readonly coefficient: number;
  /** Whether the mean L0 lies within the tolerance of the target. */
  readonly isMatched: boolean;
  readonly metrics: Readonly<Partial<Record<MetricName, MetricSummary>>>;
  /** In the order of their seeds. */
  readonly runs: readonly StudiedRun[];
}

/** Mean over the seeds of the difference `of` - `against`, with the t interval of the paired differences. */
export interface StudyDifference extends MetricSummary {
  readonly metric: MetricName;
  readonly of: string;
  readonly against: string;
}

export interface StudyFigures {
  readonly target: number;
  readonly tolerance: number;
  readonly objectives: readonly StudiedObjective[];
  /** Every objective against every one before it. */
  readonly differences: readonly StudyDifference[];
}

/** An objective with its runs, one for each seed. */
export interface ObjectiveRuns {
  readonly name: string;
  readonly runs: readonly StudiedRun[];
}

/** Means, intervals and paired differences of objectives; the first is what the others are held against. */
export function studyFigures(
  objectives: readonly ObjectiveRuns[],
  target: number,
  tolerance: number,
): StudyFigures {
  const differences = objectives.flatMap((of, index) =>
    objectives.slice(0, index).flatMap((against) => differencesOf(of, against)),
  );
  return {
    target,
    tolerance,
    objectives: objectives.map(({ name, runs }) => {
      const metrics = summarise(runs);
      const l0 = metrics.l0?.mean ?? NaN;
      return {
        name,
        coefficient: runs[0]?.coefficient ?? NaN,
        isMatched: Math.abs(l0 / target - 1) <= tolerance,
        metrics,
        runs: runs.toSorted((a, b) => a.seed - b.seed),
      };
    }),
    differences,
  };
}

function summarise(runs: readonly StudiedRun[]): StudiedObjective['metrics'] {
  return Object.fromEntries(
    studyMetrics.flatMap((metric) => {
      const interval = meanInterval([...valuesOf(runs, metric).values()]);
      return interval ? [[metric, interval]] : [];
    }),
  );
}

function differencesOf(of: ObjectiveRuns, against: ObjectiveRuns): StudyDifference[] {
  return studyMetrics.flatMap((metric) => {
    const interval = pairedDifference(valuesOf(of.runs, metric), valuesOf(against.runs, metric));
    return interval ? [{ metric, of: of.name, against: against.name, ...interval }] : [];
  });
}

/** By seed, of the runs that have the metric. */
function valuesOf(runs: readonly StudiedRun[], metric: MetricName): Map<number, number> {
  return new Map(
    runs.flatMap(({ seed, metrics }): [number, number][] => {
      const value = metrics[metric];
      return typeof value === 'number' ? [[seed, value]] : [];
    }),
  );
}
