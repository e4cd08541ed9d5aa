import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../../main/compute/engines/reference/reference-engine.ts';
import { parseHook } from '../../../../main/compute/model/hooks.ts';
import { mapParameters, type Architecture } from '../../../../main/compute/sae/architecture.ts';
import { reluArchitecture } from '../../../../main/compute/sae/architectures/relu.ts';
import type { DecoderNorm } from '../../../../main/compute/sae/decoder-norm.ts';
import { comparedBy, resolveObjective } from '../../../../main/compute/sae/objective.ts';
import { OriginalPass } from '../../../../main/compute/sae/original-pass.ts';
import { Trainer, type TrainingBatch } from '../../../../main/compute/sae/trainer.ts';
import { objectivePresets } from '../../../../shared/domain/objective.ts';
import { tinyConfig, tinyTokens, tinyTransformer } from '../../../support/tiny-model.ts';

const engine = createReferenceEngine();
const model = tinyTransformer(engine);
const hook = parseHook('blocks.0.hook_resid_mid', tinyConfig);
const objective = resolveObjective(objectivePresets['e2e+downstream'], hook, tinyConfig);

const point = { hook, compared: comparedBy(objective) };

function trainer(seeds: number[], decoderNorm: DecoderNorm = 'graph'): Trainer {
  return new Trainer(
    engine,
    {
      schedule: {
        kind: 'constant',
        steps: 20,
        warmupSteps: 0,
        cooldownSteps: 0,
        minimumFactor: 1,
      },
      gradientClip: 1,
      adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    },
    seeds.map((seed) => ({
      key: `${seed}`,
      seed,
      architecture: reluArchitecture(decoderNorm),
      shape: { dIn: tinyConfig.width, latents: 24 },
      objective,
      learningRate: 1e-2,
      hook,
    })),
  );
}

/** Passes over the tokens of several seeds in one batch or in parts. */
function* passes(sequences: number, seeds: number[]): Generator<TrainingBatch> {
  for (const seed of seeds) {
    const tokens = tinyTokens(sequences, 5, seed);
    const original = new OriginalPass(model, tokens, [point]);
    yield () => ({ x: original.at(hook), original });
    original.dispose();
  }
}

describe('dictionaries that share a pass of the model, each spliced alone', () => {
  it('get the weights that they would have got by themselves', () => {
    const together = trainer([3, 8]);
    const alone = trainer([8]);
    for (let step = 0; step < 4; step++)
      for (const one of [together, alone]) one.train(passes(2, [step]));
    expect(together.state().filter(({ name }) => name.startsWith('8.'))).toEqual(alone.state());
    together.dispose();
    alone.dispose();
  });
});

describe('a batch in parts', () => {
  it('gives the gradient of the whole batch', () => {
    const whole = trainer([1]);
    const parts = trainer([1]);
    const ids = [1, 2].flatMap((seed) => [...tinyTokens(2, 5, seed).ids]);
    const tokens = { ids: Int32Array.from(ids), sequences: 4, length: 5 };
    const original = new OriginalPass(model, tokens, [point]);
    const [one] = whole.train([() => ({ x: original.at(hook), original })]);
    const [two] = parts.train(passes(2, [1, 2]), 2);
    expect(two!.loss).toBeCloseTo(one!.loss, 12);
    expect(two!.gradientNorm).toBeCloseTo(one!.gradientNorm, 12);
    const weights = whole.state();
    parts.state().forEach(({ data }, index) => {
      data.forEach((value, i) => expect(value).toBeCloseTo(Number(weights[index]!.data[i]), 10));
    });
    original.dispose();
    whole.dispose();
    parts.dispose();
  });

  it('leaves nothing behind where it breaks off', () => {
    const before = engine.usage().tensors;
    const broken = trainer([1, 2]);
    function* batches() {
      yield* passes(2, [1]);
      throw new Error('the file is gone');
    }
    expect(() => broken.train(batches(), 2)).toThrow('the file is gone');
    broken.dispose();
    expect(engine.usage().tensors).toBe(before);
  });
});

describe('a decoder under projected gradients', () => {
  it('keeps rows of unit length', () => {
    const projected = trainer([1], 'projected');
    for (let step = 0; step < 3; step++) projected.train(passes(2, [step]));
    const { decoder } = projected.learners[0]!.parameters;
    const { y, norms } = engine.normaliseRows(decoder);
    for (const norm of engine.read(norms)) expect(norm).toBeCloseTo(1, 12);
    engine.dispose(y, norms);
    projected.dispose();
  });

  it('uses only the part of the gradient across each row', () => {
    const architecture: Architecture = reluArchitecture('projected');
    const parameters = architecture.initialise(engine, { dIn: 8, latents: 12 }, 4);
    const gradients = mapParameters(parameters, ({ shape, size }) =>
      engine.floats(
        Array.from({ length: size }, (_, i) => Math.sin(i)),
        shape,
      ),
    );
    const across = () => engine.dotRows(parameters.decoder, gradients.decoder);
    expect(Math.abs(engine.sumSquares(across()))).toBeGreaterThan(0.1);
    architecture.constrainGradients?.(engine, parameters, gradients);
    expect(Math.abs(engine.sumSquares(across()))).toBeLessThan(1e-24);
  });
});
