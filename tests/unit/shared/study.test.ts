import { describe, expect, it } from 'vitest';
import { studyFigures, type StudiedRun } from '../../../shared/domain/study.ts';
import { meanInterval } from '../../../shared/stats/mean-interval.ts';

const run = (seed: number, metrics: StudiedRun['metrics'], coefficient = 1): StudiedRun => ({
  id: `run_${coefficient}00000${seed}`,
  seed,
  dictionary: null,
  coefficient,
  metrics,
});

const local = {
  name: 'local',
  runs: [
    run(2, { l0: 42, ceIncrease: 0.35, alive: null }, 3),
    run(0, { l0: 40, ceIncrease: 0.3, alive: null }, 3),
    run(1, { l0: 41, ceIncrease: 0.4, alive: null }, 3),
  ],
};
const e2e = {
  name: 'e2e',
  runs: [0, 1, 2].map((seed) => run(seed, { l0: 39, ceIncrease: [0.1, 0.21, 0.14][seed]! }, 5)),
};

describe('the figures of a study', () => {
  it('are means over the seeds with intervals, and say who is matched', () => {
    const { objectives } = studyFigures([local, e2e], 39, 0.05);
    expect(objectives.map(({ name, coefficient }) => [name, coefficient])).toEqual([
      ['local', 3],
      ['e2e', 5],
    ]);
    expect(objectives.map(({ isMatched }) => isMatched)).toEqual([false, true]);
    expect(objectives[0]!.metrics.ceIncrease).toEqual(meanInterval([0.35, 0.3, 0.4]));
    expect(objectives[0]!.metrics.alive).toBeUndefined();
    expect(objectives[0]!.runs.map(({ seed }) => seed)).toEqual([0, 1, 2]);
  });

  it('pair runs by their seed, whatever their order', () => {
    const { differences } = studyFigures([local, e2e], 40, 0.05);
    const ce = differences.find(({ metric }) => metric === 'ceIncrease')!;
    expect(ce).toMatchObject({ of: 'e2e', against: 'local', n: 3 });
    const expected = meanInterval([0.1 - 0.3, 0.21 - 0.4, 0.14 - 0.35])!;
    expect(ce.mean).toBeCloseTo(expected.mean, 12);
    expect(ce.low).toBeCloseTo(expected.low!, 12);
    // Narrower than what unpaired means would tell.
    const wide = meanInterval([0.3, 0.4, 0.35])!;
    expect(ce.high! - ce.low!).toBeLessThan(wide.high! - wide.low!);
  });

  it('leave out what a seed has in one objective alone', () => {
    const fewer = { name: 'e2e', runs: e2e.runs.slice(0, 2) };
    const { differences } = studyFigures([local, fewer], 40, 0.05);
    expect(differences.map(({ metric, n }) => [metric, n])).toEqual([
      ['l0', 2],
      ['ceIncrease', 2],
    ]);
  });

  it('hold every objective against each before it', () => {
    const third = { name: 'e2e+downstream', runs: e2e.runs };
    const { differences } = studyFigures([local, e2e, third], 40, 0.05);
    expect([...new Set(differences.map(({ of, against }) => `${of} - ${against}`))]).toEqual([
      'e2e - local',
      'e2e+downstream - local',
      'e2e+downstream - e2e',
    ]);
  });
});
