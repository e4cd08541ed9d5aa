import type { Engine } from '../../compute/engine.ts';
import { reluArchitecture } from '../../compute/sae/architectures/relu.ts';
import { Trainer, type LearnerOptions } from '../../compute/sae/trainer.ts';

type BenchLearner = Pick<LearnerOptions, 'shape' | 'objective' | 'hook'> &
  Partial<Pick<LearnerOptions, 'learningRate'>>;

/** A trainer of ReLU dictionaries that can be stepped for as long as a measurement takes. */
export function benchTrainer(engine: Engine, ...learners: readonly BenchLearner[]): Trainer {
  return new Trainer(
    engine,
    {
      schedule: {
        kind: 'constant',
        steps: 1e6,
        warmupSteps: 0,
        cooldownSteps: 0,
        minimumFactor: 1,
      },
      gradientClip: 10,
      adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    },
    learners.map((learner, seed) => ({
      key: `${seed}`,
      seed,
      architecture: reluArchitecture('graph'),
      // A tiny rate keeps the number of active latents where it was put.
      learningRate: 1e-9,
      ...learner,
    })),
  );
}
