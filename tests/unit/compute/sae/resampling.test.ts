import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../../main/compute/engines/reference/reference-engine.ts';
import { reluArchitecture } from '../../../../main/compute/sae/architectures/relu.ts';
import { newAdamState } from '../../../../main/compute/sae/optimiser.ts';
import { resampleDead } from '../../../../main/compute/sae/resampling.ts';
import { Trainer, type LearnerOptions } from '../../../../main/compute/sae/trainer.ts';
import { Random } from '../../../support/random.ts';

const engine = createReferenceEngine();
const shape = { dIn: 4, latents: 10 };
const { dIn } = shape;
const architecture = reluArchitecture('graph', true);
const random = new Random(2);
const normals = (size: number) => Float64Array.from({ length: size }, () => random.normal());
const rowOf = (values: ArrayLike<number>, row: number, width = dIn) =>
  Array.from({ length: width }, (_, j) => values[row * width + j]!);

/** A dictionary whose latents 2 and 7 are dead, with moments that are not 0. */
function dictionary() {
  const parameters = architecture.initialise(engine, shape, 1);
  const adam = newAdamState(engine, parameters);
  for (const moment of [adam.first, adam.second])
    for (const tensor of Object.values(moment)) {
      const values = engine.floats(new Float64Array(tensor.size).fill(3), tensor.shape);
      engine.copyInto(tensor, values);
      engine.dispose(values);
    }
  const idle = Float64Array.from({ length: shape.latents }, (_, j) =>
    [2, 7].includes(j) ? 90 : 80,
  );
  return { seed: 5, parameters, adam, buffers: { idle } };
}

describe('resampling', () => {
  it('gives dead latents, and no others, the direction of a token that is reconstructed badly', () => {
    const resampled = dictionary();
    const before = Object.fromEntries(
      Object.entries(resampled.parameters).map(([name, tensor]) => [
        name,
        Array.from(engine.read(tensor)),
      ]),
    );
    const x = normals(6 * dIn);
    const output = x.slice();
    // Token 4 alone has a loss.
    output[4 * dIn]! += 1;
    const settings = { deadAfter: 90, step: 3 };
    expect(resampleDead(engine, resampled, { x, target: x, output }, settings)).toBe(2);

    const token = rowOf(x, 4);
    const unit = token.map((value) => value / Math.hypot(...token));
    const { encoder, encoderBias, decoder } = resampled.parameters;
    const [encoders, biases, decoders] = [encoder, encoderBias, decoder].map((tensor) =>
      Array.from(engine.read(tensor)),
    ) as [number[], number[], number[]];
    const living = [0, 1, 3, 4, 5, 6, 8, 9];
    const norm =
      living.reduce((sum, j) => sum + Math.hypot(...rowOf(before['encoder']!, j)), 0) / 8;
    for (const j of [2, 7]) {
      rowOf(decoders, j).forEach((value, i) => expect(value).toBeCloseTo(unit[i]!, 12));
      rowOf(encoders, j).forEach((value, i) =>
        expect(value).toBeCloseTo(0.2 * norm * unit[i]!, 12),
      );
      expect(biases[j]).toBe(0);
      for (const moment of [resampled.adam.first, resampled.adam.second]) {
        expect(rowOf(engine.read(moment.encoder), j)).toEqual([0, 0, 0, 0]);
        expect(engine.read(moment['encoderBias']!)[j]).toBe(0);
      }
    }
    for (const j of living) {
      expect(rowOf(decoders, j)).toEqual(rowOf(before['decoder']!, j));
      expect(rowOf(encoders, j)).toEqual(rowOf(before['encoder']!, j));
      expect(rowOf(engine.read(resampled.adam.first.decoder), j)).toEqual([3, 3, 3, 3]);
    }
    expect(Array.from(resampled.buffers.idle)).toEqual([80, 80, 0, 80, 80, 80, 80, 0, 80, 80]);
  });

  it('draws tokens in proportion to the square of their loss', () => {
    const counts = [0, 0];
    for (let step = 0; step < 400; step++) {
      const resampled = dictionary();
      const x = Float64Array.of(1, 0, 0, 0, 0, 1, 0, 0);
      const output = Float64Array.of(1, 0, 0, 1, 0, 1, 0, Math.sqrt(2));
      resampleDead(engine, resampled, { x, target: x, output }, { deadAfter: 90, step });
      for (const j of [2, 7])
        counts[engine.read(resampled.parameters.decoder)[j * dIn]! === 1 ? 0 : 1]!++;
    }
    // Squared losses 1 and 4: a share of 0.2, whose standard deviation over 800 draws is 0.014.
    expect(counts[0]! / 800).toBeGreaterThan(0.15);
    expect(counts[0]! / 800).toBeLessThan(0.25);
  });

  it('happens after every so many steps of training', () => {
    const learner: LearnerOptions = {
      key: '1',
      seed: 1,
      architecture,
      shape,
      objective: [{ kind: 'outToIn', coefficient: 1 }],
      learningRate: 1e-3,
      resampling: { every: 2, deadAfter: 40 },
    };
    const trainer = new Trainer(
      engine,
      {
        schedule: {
          kind: 'constant',
          steps: 9,
          warmupSteps: 0,
          cooldownSteps: 0,
          minimumFactor: 0,
        },
        gradientClip: null,
        adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      },
      [learner],
    );
    const { parameters, buffers } = trainer.learners[0]!;
    const biases = engine.floats([-99, ...new Float64Array(9)], [10]);
    engine.copyInto(parameters['encoderBias']!, biases);
    const x = engine.floats(normals(20 * dIn), [20, dIn]);
    const resampled = [0, 1, 2, 3].map(() => trainer.train([() => ({ x })])[0]!.resampled);
    expect(resampled).toEqual([undefined, 1, undefined, 0]);
    expect(buffers['idle']![0]).toBeLessThan(40);
    engine.dispose(x, biases);
    trainer.dispose();
  });
});
