import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../../main/compute/engines/reference/reference-engine.ts';
import { reluArchitecture } from '../../../../main/compute/sae/architectures/relu.ts';
import {
  Trainer,
  type LearnerOptions,
  type TrainerOptions,
} from '../../../../main/compute/sae/trainer.ts';
import type { TensorData, TensorReader } from '../../../../shared/domain/tensors.ts';
import { Random } from '../../../support/random.ts';

const options: TrainerOptions = {
  schedule: { kind: 'cosine', steps: 12, warmupSteps: 2, cooldownSteps: 0, minimumFactor: 0.1 },
  gradientClip: 1,
  adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
};

/** One dictionary for each seed. */
function learners(seeds: number[], shape = { dIn: 6, latents: 24 }): LearnerOptions[] {
  return seeds.map((seed) => ({
    key: `${seed}`,
    seed,
    architecture: reluArchitecture('graph'),
    shape,
    objective: [
      { kind: 'sparsity', coefficient: 0.2, p: 1 },
      { kind: 'outToIn', coefficient: 1 },
    ],
    learningRate: 1e-2,
  }));
}

const engine = createReferenceEngine();

function batches(count: number) {
  const random = new Random(9);
  return Array.from({ length: count }, () =>
    engine.floats(
      Float64Array.from({ length: 20 * 6 }, () => random.normal()),
      [20, 6],
    ),
  );
}

/** A state as a reader, as it would come from a checkpoint; numbers keep their precision. */
function asReader(state: TensorData[]): TensorReader {
  const byName = new Map(state.map((tensor) => [tensor.name, tensor]));
  return {
    source: 'memory',
    metadata: new Map(),
    tensors: new Map(
      state.map(({ name, shape, data }) => [
        name,
        { name, dtype: 'F64', shape, size: data.length },
      ]),
    ),
    floats: (name) => byName.get(name)!.data as Float32Array,
    doubles: (name) => byName.get(name)!.data as Float64Array,
    ints: () => new Int32Array(0),
    close: () => undefined,
  };
}

describe('training several seeds on one stream', () => {
  const stream = batches(6);

  it('gives each seed the weights that it would have got alone', () => {
    const together = new Trainer(engine, options, learners([3, 8]));
    for (const x of stream) together.train([() => ({ x })]);
    const alone = new Trainer(engine, options, learners([8]));
    for (const x of stream) alone.train([() => ({ x })]);
    const weights = together.state().filter(({ name }) => name.startsWith('8.'));
    expect(weights).toEqual(alone.state());
    together.dispose();
    alone.dispose();
  });

  it('continues from a saved state exactly', () => {
    const whole = new Trainer(engine, options, learners([1]));
    const first = new Trainer(engine, options, learners([1]));
    for (const x of stream) whole.train([() => ({ x })]);
    for (const x of stream.slice(0, 3)) first.train([() => ({ x })]);
    const resumed = new Trainer(engine, options, learners([1]));
    resumed.restore(asReader(first.state()), first.step);
    for (const x of stream.slice(3)) resumed.train([() => ({ x })]);
    expect(resumed.state()).toEqual(whole.state());
    for (const trainer of [whole, first, resumed]) trainer.dispose();
  });

  it('lowers the loss', () => {
    const trainer = new Trainer(engine, options, learners([1]));
    const losses = [0, 0, 0, 0].flatMap(() =>
      stream.map((x) => trainer.train([() => ({ x })])[0]!.loss),
    );
    expect(losses.at(-1)).toBeLessThan(losses[0]! * 0.7);
    trainer.dispose();
  });

  it('starts from other weights for another seed', () => {
    const trainer = new Trainer(engine, options, learners([1, 2]));
    const [one, two] = trainer.learners.map(({ parameters }) => engine.read(parameters.encoder));
    expect(one).not.toEqual(two);
    trainer.dispose();
  });

  it('stops at a loss that is not finite, naming step, seed and term, with the weights untouched', () => {
    const trainer = new Trainer(engine, options, learners([5]));
    trainer.train([() => ({ x: stream[0]! })]);
    const before = trainer.state();
    const broken = engine.floats(new Float64Array(120).fill(NaN), [20, 6]);
    expect(() => trainer.train([() => ({ x: broken })])).toThrow(
      expect.objectContaining({
        code: 'non-finite',
        details: expect.objectContaining({ seed: 5, place: 'step 2' }) as unknown,
      }),
    );
    expect(trainer.state()).toEqual(before);
    engine.dispose(broken);
    trainer.dispose();
  });

  it('leaves no tensors behind', () => {
    const before = engine.usage().tensors;
    const trainer = new Trainer(engine, options, learners([1, 2]));
    trainer.train([() => ({ x: stream[0]! })]);
    trainer.dispose();
    expect(engine.usage().tensors).toBe(before);
  });
});

describe('the initial decoder', () => {
  it.each([
    [24, 6],
    [10, 6],
    [4, 6],
  ])('is orthogonal with %i latents on a width of %i', (latents, dIn) => {
    const trainer = new Trainer(engine, options, learners([1], { dIn, latents }));
    const decoder = trainer.learners[0]!.parameters.decoder;
    const gram = engine.matmul(
      decoder,
      decoder,
      latents >= dIn ? { transA: true } : { transB: true },
    );
    const size = Math.min(latents, dIn);
    engine.read(gram).forEach((value, i) => {
      expect(value).toBeCloseTo(i % (size + 1) === 0 ? 1 : 0, 10);
    });
    engine.dispose(gram);
    trainer.dispose();
  });
});
