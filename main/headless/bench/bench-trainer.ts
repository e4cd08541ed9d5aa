import type { Engine } from '../../compute/engine.ts';
import { reluArchitecture } from '../../compute/sae/architectures/relu.ts';
import { Trainer, type LearnerOptions } from '../../compute/sae/trainer.ts';

/** A trainer of one ReLU dictionary that can be stepped for as long as a measurement takes. */
export function benchTrainer(
  engine: Engine,
  learner: Pick<LearnerOptions, 'shape' | 'objective' | 'hook'>,
): Trainer {
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
    [
      {
        key: '0',
        seed: 0,
        architecture: reluArchitecture('graph'),
        // A tiny rate keeps the number of active latents where it was put.
        learningRate: 1e-9,
        ...learner,
      },
    ],
  );
}
