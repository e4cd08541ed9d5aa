import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine, Tensor } from '../../../../main/compute/engine.ts';
import { openEngine } from '../../../../main/compute/engines/open-engine.ts';
import type { Trainer } from '../../../../main/compute/sae/trainer.ts';
import { benchTrainer } from '../../../../main/headless/bench/bench-trainer.ts';
import { Random } from '../../../support/random.ts';

/** In the proportions of a step of 24,576 latents on a width of 768 with 1,024 tokens. */
const [dIn, latents, tokens] = [96, 3072, 128];

function trainer(engine: Engine, count: number): Trainer {
  const learner: Parameters<typeof benchTrainer>[1] = {
    shape: { dIn, latents },
    objective: [
      { kind: 'sparsity', coefficient: 1, p: 1 },
      { kind: 'outToIn', coefficient: 1 },
    ],
    learningRate: 1e-3,
  };
  return benchTrainer(engine, ...Array.from({ length: count }, () => learner));
}

/** Lets few latents fire, as after the start of training. */
function makeSparse(engine: Engine, { learners }: Trainer): void {
  for (const { parameters } of learners) {
    const biases = engine.floats(new Float64Array(latents).fill(-1.6), [latents]);
    engine.copyInto((parameters as Record<string, Tensor>)['encoderBias']!, biases);
    engine.dispose(biases);
  }
}

describe('a step of the wasm engine with sparse codes', () => {
  let engine: Engine;
  let x: Tensor;
  beforeEach(async () => {
    engine = await openEngine('wasm', { threads: 2 });
    const random = new Random(4);
    const numbers = Float64Array.from({ length: tokens * dIn }, () => random.normal());
    x = engine.floats(numbers, [tokens, dIn]);
  });
  afterEach(() => engine.close());

  it('holds at most 1.3 times its weights, moments, gradients and batch', () => {
    const training = trainer(engine, 1);
    makeSparse(engine, training);
    const { l0 } = training.train([() => ({ x })])[0]!;
    expect(l0).toBeGreaterThan(1);
    expect(l0).toBeLessThan(latents / 100);
    const parameters = 2 * latents * dIn + latents + dIn;
    const least = 4 * (4 * parameters + tokens * dIn);
    expect(engine.usage().peakBytes / least).toBeLessThan(1.3);
    training.dispose();
  });

  it('gives a dictionary the bits that it would have got alone', () => {
    const [together, alone] = [trainer(engine, 3), trainer(engine, 1)];
    for (const training of [together, alone]) {
      makeSparse(engine, training);
      for (let step = 0; step < 3; step++) training.train([() => ({ x })]);
    }
    const weights = together.state().filter(({ name }) => name.startsWith('0.'));
    expect(weights).toEqual(alone.state());
    together.dispose();
    alone.dispose();
  });
});
