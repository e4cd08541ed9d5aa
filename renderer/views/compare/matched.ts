import { objectiveName } from '../../../shared/domain/objective-names.ts';
import type { RunGroup } from '../../../shared/contract/runs.ts';
import { meanInterval, type MeanInterval } from '../../../shared/stats/mean-interval.ts';
import { pairedDifference } from '../../../shared/stats/paired-difference.ts';

/** What both axes are: one metric is held equal, the other is read there. */
export interface MatchedAxes {
  readonly equal: string;
  readonly read: string;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** One type of objective: for each seed the line through its runs, by the metric that is held equal. */
export interface MatchedType {
  readonly type: string;
  readonly seeds: ReadonlyMap<number, readonly Point[]>;
}

/** Runs by type and seed. Seeds of which there are fewer than two runs have no line. */
export function matchedTypes(
  groups: readonly Pick<RunGroup, 'type' | 'runs'>[],
  { equal, read }: MatchedAxes,
): MatchedType[] {
  const types = new Map<string, Map<number, Point[]>>();
  for (const { type, runs } of groups)
    for (const { seed, metrics } of runs) {
      const [x, y] = [metrics[equal], metrics[read]];
      // Imported runs may say neither.
      if (type === null || seed === null) continue;
      if (typeof x !== 'number' || typeof y !== 'number') continue;
      const name = objectiveName(type);
      const seeds = types.get(name) ?? new Map<number, Point[]>();
      seeds.set(seed, [...(seeds.get(seed) ?? []), { x, y }]);
      types.set(name, seeds);
    }
  return [...types].map(([type, seeds]) => ({
    type,
    seeds: new Map(
      [...seeds]
        .map(([seed, points]): [number, Point[]] => [seed, joinEqual(points)])
        .filter(([, points]) => points.length > 1),
    ),
  }));
}

/** In the order of x; points of equal x are one, with the mean of their y. */
function joinEqual(points: readonly Point[]): Point[] {
  return [...Map.groupBy(points, ({ x }) => x)]
    .map(([x, same]) => ({ x, y: same.reduce((sum, { y }) => sum + y, 0) / same.length }))
    .sort((a, b) => a.x - b.x);
}

/** Straight between the two points on either side; undefined outside them. Nothing is extrapolated. */
export function interpolate(line: readonly Point[], x: number): number | undefined {
  const at = line.findIndex((point) => point.x >= x);
  if (at < 0) return undefined;
  const after = line[at]!;
  if (after.x === x) return after.y;
  const before = line[at - 1];
  if (!before) return undefined;
  return before.y + ((after.y - before.y) * (x - before.x)) / (after.x - before.x);
}

/** The middle of the stretch that the most lines cover; undefined without lines. */
export function sharedMiddle(types: readonly MatchedType[]): number | undefined {
  const ends = types
    .flatMap(({ seeds }) => [...seeds.values()])
    .map((line): [number, number] => [line[0]!.x, line.at(-1)!.x]);
  const marks = ends.flat().sort((a, b) => a - b);
  let best: { covered: number; middle: number } | undefined;
  for (const [at, from] of marks.entries()) {
    const middle = (from + (marks[at + 1] ?? from)) / 2;
    const covered = ends.filter(([low, high]) => low <= middle && middle <= high).length;
    if (!best || covered > best.covered) best = { covered, middle };
  }
  return best?.middle;
}

export interface MatchedFigure {
  readonly type: string;
  /** Mean over seeds of what was read at the equal value; undefined where no seed reaches it. */
  readonly value: MeanInterval | undefined;
}

export interface MatchedDifference {
  readonly of: string;
  readonly against: string;
  /** Over the seeds that both have. */
  readonly difference: MeanInterval;
}

/** What each type has at an equal value, and the differences paired by seed. */
export function matchedFigures(
  types: readonly MatchedType[],
  equal: number,
): { figures: MatchedFigure[]; differences: MatchedDifference[] } {
  const read = types.map(({ type, seeds }) => ({
    type,
    values: new Map(
      [...seeds].flatMap(([seed, line]): [number, number][] => {
        const y = interpolate(line, equal);
        return y === undefined ? [] : [[seed, y]];
      }),
    ),
  }));
  return {
    figures: read.map(({ type, values }) => ({ type, value: meanInterval([...values.values()]) })),
    differences: read.flatMap((of, at) =>
      read.slice(0, at).flatMap((against) => {
        const difference = pairedDifference(of.values, against.values);
        return difference ? [{ of: of.type, against: against.type, difference }] : [];
      }),
    ),
  };
}
