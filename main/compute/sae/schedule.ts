import { AppError } from '../../../shared/errors.ts';

/** How the learning rate moves; lengths in optimiser steps. */
export interface ScheduleOptions {
  readonly kind: 'cosine' | 'linear' | 'constant';
  readonly steps: number;
  readonly warmupSteps: number;
  readonly cooldownSteps: number;
  /** Floor, as a fraction of the full rate. */
  readonly minimumFactor: number;
}

/**
 * Factor on the learning rate at a step, counted from 0, as e2e_sae has it (its sections 1.5 and G9):
 * - cosine: step / warmup while warming up (so the very first step has rate 0), then
 *   max(m, m + (1 - m) (1 + cos(pi progress)) / 2);
 * - linear: (step + 1) / warmup, then 1, then max(m, 1 - steps into cooldown / cooldown);
 * - constant: (step + 1) / warmup, then 1.
 */
export function learningRateFactor(step: number, options: ScheduleOptions): number {
  const { kind, steps, warmupSteps, cooldownSteps, minimumFactor } = options;
  if (kind === 'cosine') {
    if (step < warmupSteps) return step / warmupSteps;
    const progress = (step - warmupSteps) / Math.max(1, steps - warmupSteps);
    const cosine = (1 + Math.cos(Math.PI * progress)) / 2;
    return Math.max(minimumFactor, minimumFactor + (1 - minimumFactor) * cosine);
  }
  if (step < warmupSteps) return (step + 1) / warmupSteps;
  const cooldownStart = steps - cooldownSteps;
  if (kind === 'constant' || cooldownSteps === 0 || step < cooldownStart) return 1;
  return Math.max(minimumFactor, 1 - (step - cooldownStart) / cooldownSteps);
}

/** @throws AppError `bad-spec` where the parts of the schedule overlap. */
export function checkSchedule(options: ScheduleOptions): void {
  if (options.warmupSteps + options.cooldownSteps > options.steps)
    throw new AppError(
      'bad-spec',
      `The learning rate would begin to fall at step ${options.steps - options.cooldownSteps}, before its warmup ends at ${options.warmupSteps}. Shorten one of them.`,
      { place: 'training.warmup' },
    );
}
