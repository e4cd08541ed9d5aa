import { describe, expect, it } from 'vitest';
import { objectiveAt } from '../../../../main/compute/sae/coefficient-schedule.ts';
import type { Objective } from '../../../../main/compute/sae/objective.ts';

const objective: Objective = [
  { kind: 'sparsity', coefficient: 2, p: 1 },
  { kind: 'outToIn', coefficient: 0 },
  { kind: 'logitsKl', coefficient: 0.5, direction: 'model-to-spliced' },
];
const coefficientsAt = (schedule: Parameters<typeof objectiveAt>[1], step: number) =>
  objectiveAt(objective, schedule, step).map(({ kind, coefficient }) => [kind, coefficient]);

describe('coefficients', () => {
  it('stay as they are where nothing moves them', () => {
    expect(objectiveAt(objective, { sparsityWarmup: 0 }, 7)).toEqual(objective);
  });

  it('of the sparsity rise from 0 over its warmup', () => {
    const sparsity = (step: number) => coefficientsAt({ sparsityWarmup: 4 }, step)[0]![1];
    expect([0, 1, 3, 4, 9].map(sparsity)).toEqual([0.5, 1, 2, 2, 2]);
  });

  it('of a mixed objective are local at first, then move to their own', () => {
    const mixed = { sparsityWarmup: 0, mixed: { local: 3, over: 2, sparsity: 6 } };
    const local = [
      ['sparsity', 6],
      ['outToIn', 1],
    ];
    expect(coefficientsAt(mixed, 0)).toEqual(local);
    expect(coefficientsAt(mixed, 2)).toEqual(local);
    expect(coefficientsAt(mixed, 3)).toEqual([
      ['sparsity', 4],
      ['outToIn', 0.5],
      ['logitsKl', 0.25],
    ]);
    expect(objectiveAt(objective, mixed, 4)).toEqual(objective);
    expect(objectiveAt(objective, mixed, 400)).toEqual(objective);
  });
});
