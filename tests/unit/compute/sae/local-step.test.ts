import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolve } from 'node:path';
import type { Engine, Tensor } from '../../../../main/compute/engine.ts';
import { openEngine } from '../../../../main/compute/engines/open-engine.ts';
import type { DictionaryParameters } from '../../../../main/compute/sae/architecture.ts';
import { reluArchitecture } from '../../../../main/compute/sae/architectures/relu.ts';
import { dictionaryGradients } from '../../../../main/compute/sae/dictionary-gradients.ts';
import type { Objective } from '../../../../main/compute/sae/objective.ts';
import {
  clipFactor,
  gradientNorm,
  newAdamState,
  stepAdam,
} from '../../../../main/compute/sae/optimiser.ts';
import { withTensorflow } from '../../../support/tensorflow.ts';
import { openSafetensors } from '../../../../main/formats/safetensors.ts';

interface GoldenCase {
  sparsity: number;
  p: number;
  outToIn: number;
  rates: number[];
  clip: number | null;
  steps: { loss: number; outToIn: number; sparsity: number; l0: number; gradientNorm: number }[];
}

const golden = openSafetensors(
  resolve(import.meta.dirname, '../../../golden/local-step/local-step.safetensors'),
);
const cases = JSON.parse(golden.metadata.get('cases') ?? '') as Record<string, GoldenCase>;
const architecture = reluArchitecture('graph');
const shapes = architecture.parameters({ latents: 40, dIn: 16 });
const parameterNames = shapes.map(({ name }) => name);
const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

afterAll(() => golden.close());

describe.each([
  { name: 'reference', tolerance: 2e-7 },
  { name: 'wasm', tolerance: 1e-5 },
  ...withTensorflow({ name: 'tensorflow', tolerance: 1e-5 } as const),
] as const)('the local training step on $name agrees with PyTorch', ({ name, tolerance }) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(name, { threads: 2 });
  });
  afterAll(() => engine.close());

  it.each(Object.entries(cases))('in the case %s', (caseName, spec) => {
    const objective: Objective = [
      { kind: 'sparsity', coefficient: spec.sparsity, p: spec.p },
      { kind: 'outToIn', coefficient: spec.outToIn },
    ];
    const load = (key: string, dims: number[]) => engine.floats(golden.floats(key), dims);
    const parameters = Object.fromEntries(
      shapes.map(({ name: key, shape }) => [key, load(`${caseName}.init.${key}`, [...shape])]),
    ) as unknown as DictionaryParameters;
    const state = newAdamState(engine, parameters);
    spec.steps.forEach((expected, step) => {
      const x = load(`${caseName}.${step}.x`, [32, 16]);
      const dictionary = { architecture, parameters, objective };
      const { loss, l0, terms, gradients } = dictionaryGradients(engine, dictionary, {
        x,
      });
      const found: Record<string, number> = { ...terms, loss, l0 };
      const norm = gradientNorm(engine, gradients);
      for (const key of ['loss', 'outToIn', 'sparsity', 'l0'] as const)
        expect(found[key], `${key} at step ${step}`).toBeRelatively(expected[key], tolerance);
      expect(norm, `gradient norm at step ${step}`).toBeRelatively(
        expected.gradientNorm,
        tolerance,
      );
      if (step === 0)
        for (const key of parameterNames)
          expectClose(
            engine.read(gradients[key]!),
            golden.floats(`${caseName}.0.gradient.${key}`),
            tolerance,
          );
      stepAdam(engine, parameters, gradients, state, {
        settings: adam,
        learningRate: spec.rates[step]!,
        gradientScale: clipFactor(norm, spec.clip),
      });
      engine.dispose(x, ...Object.values<Tensor>(gradients));
    });
    for (const key of parameterNames)
      expectClose(
        engine.read(parameters[key]!),
        golden.floats(`${caseName}.2.after.${key}`),
        tolerance,
      );
    engine.dispose(
      ...Object.values<Tensor>({ ...parameters }),
      ...Object.values<Tensor>(state.first),
      ...Object.values<Tensor>(state.second),
    );
    expect(engine.usage().tensors).toBe(0);
  });
});

/** Largest difference relative to the largest entry: single entries may cancel to nearly 0. */
function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  let scale = 0;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]!));
    worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
  }
  expect(actual.length).toBe(expected.length);
  expect(worst / scale).toBeLessThan(tolerance);
}
