import { describe, expect, it } from 'vitest';
import { checkSchedule, learningRateFactor } from '../../../../main/compute/sae/schedule.ts';

const cosine = {
  kind: 'cosine',
  steps: 20,
  warmupSteps: 4,
  cooldownSteps: 0,
  minimumFactor: 0.1,
} as const;

describe('the learning rate', () => {
  it('starts at 0 and rises linearly under the cosine schedule', () => {
    const factors = [0, 1, 2, 3, 4].map((step) => learningRateFactor(step, cosine));
    expect(factors).toEqual([0, 0.25, 0.5, 0.75, 1]);
  });

  it('falls along a cosine to its floor', () => {
    expect(learningRateFactor(12, cosine)).toBeCloseTo(0.1 + 0.9 * 0.5, 12);
    expect(learningRateFactor(20, cosine)).toBeCloseTo(0.1, 12);
  });

  it('starts above 0, holds, and cools down under the linear schedule', () => {
    const linear = { ...cosine, kind: 'linear', cooldownSteps: 4 } as const;
    expect(learningRateFactor(0, linear)).toBe(0.25);
    expect(learningRateFactor(10, linear)).toBe(1);
    expect(learningRateFactor(18, linear)).toBe(0.5);
    expect(learningRateFactor(20, linear)).toBe(0.1);
  });

  it('is refused where cooldown would begin before warmup ends', () => {
    expect(() => checkSchedule({ ...cosine, kind: 'linear', cooldownSteps: 18 })).toThrow(/warmup/);
  });
});
