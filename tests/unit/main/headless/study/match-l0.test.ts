import { describe, expect, it } from 'vitest';
import {
  matchL0,
  type Stage,
  type TrainTrials,
  type Trial,
} from '../../../../../main/headless/study/match-l0.ts';

/** A stand-in for training: L0 falls with the coefficient, and is lower after a full training. */
function trainer(curves: Record<string, (coefficient: number) => number>, drop = 0.7, noise = 0) {
  const asked: { stage: Stage; trials: readonly Trial[] }[] = [];
  let count = 0;
  const train: TrainTrials = async (stage, trials) => {
    asked.push({ stage, trials });
    return trials.map(({ objective, coefficient }) => {
      const wobble = 1 + noise * Math.sin(7 * coefficient + (stage === 'all' ? 1 : 0));
      const l0 = curves[objective]!(coefficient) * (stage === 'pilot' ? 1 : drop) * wobble;
      return { runs: [`run ${count++}`], l0 };
    });
  };
  return { train, asked };
}

const curves = {
  local: (c: number) => 60 / (c ** 1.4 + 0.05),
  e2e: (c: number) => 100 * c ** -0.8,
};
const objectives = [
  { name: 'local', start: 6 },
  { name: 'e2e', start: 1.5 },
];
const request = { objectives, target: 40, tolerance: 0.05 };

describe('matchL0', () => {
  it('brings every objective within the tolerance, though a full training has another L0', async () => {
    const { train, asked } = trainer(curves);
    const { matched } = await matchL0(request, train);
    expect(matched.map(({ objective }) => objective)).toEqual(['local', 'e2e']);
    for (const { l0 } of matched) expect(Math.abs(l0 / 40 - 1)).toBeLessThanOrEqual(0.05);
    const all = asked.filter(({ stage }) => stage === 'all');
    expect(all).toHaveLength(1);
    expect(asked.filter(({ stage }) => stage === 'single').length).toBeLessThanOrEqual(3);
  });

  it('trains all seeds at a coefficient that the first seed was trained with', async () => {
    const { train, asked } = trainer(curves);
    await matchL0(request, train);
    const of = (wanted: Stage) =>
      asked.filter(({ stage }) => stage === wanted).flatMap(({ trials }) => trials);
    for (const trial of of('all')) expect(of('single')).toContainEqual(trial);
  });

  it('asks for the same trainings again when it is repeated', async () => {
    const [first, second] = [trainer(curves, 0.7, 0.03), trainer(curves, 0.7, 0.03)];
    await matchL0(request, first.train);
    await matchL0(request, second.train);
    expect(second.asked).toEqual(first.asked);
    const digits = first.asked
      .flatMap(({ trials }) => trials)
      .map(({ coefficient }) => coefficient);
    expect(digits).toEqual(digits.map((value) => Number(value.toPrecision(3))));
  });

  it('no longer trains objectives that are there already', async () => {
    const { train, asked } = trainer({ local: curves.e2e, e2e: curves.e2e }, 1);
    await matchL0(
      { ...request, objectives: [{ name: 'local', start: 3.14 }, objectives[1]!] },
      train,
    );
    const singles = asked.filter(({ stage }) => stage === 'single');
    expect(singles).toHaveLength(1);
  });

  it('corrects all seeds where their mean lies elsewhere than the first seed', async () => {
    const { train, asked } = trainer(curves);
    const biased: TrainTrials = async (stage, trials) => {
      const told = await train(stage, trials);
      return stage === 'all' ? told.map((item) => ({ ...item, l0: 0.9 * item.l0 })) : told;
    };
    const { matched } = await matchL0(request, biased);
    for (const { l0 } of matched) expect(Math.abs(l0 / 40 - 1)).toBeLessThanOrEqual(0.05);
    expect(asked.filter(({ stage }) => stage === 'all')).toHaveLength(2);
  });

  it('gives up after some rounds, and answers what came nearest', async () => {
    const { train, asked } = trainer({ local: () => 10, e2e: curves.e2e });
    const { matched, tried } = await matchL0(request, train);
    expect(matched[0]).toMatchObject({ objective: 'local', stage: 'all', l0: 7 });
    expect(asked.length).toBeLessThan(14);
    expect(tried).toHaveLength(asked.flatMap(({ trials }) => trials).length);
  });
});
