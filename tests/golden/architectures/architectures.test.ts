import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, Tensor } from '../../../main/compute/engine.ts';
import { openEngine } from '../../../main/compute/engines/open-engine.ts';
import type { DictionaryParameters } from '../../../main/compute/sae/architecture.ts';
import {
  openArchitecture,
  type ArchitectureSpec,
} from '../../../main/compute/sae/architectures/open-architecture.ts';
import { dictionaryGradients } from '../../../main/compute/sae/dictionary-gradients.ts';
import type { Objective } from '../../../main/compute/sae/objective.ts';
import {
  clipFactor,
  gradientNorm,
  newAdamState,
  stepAdam,
} from '../../../main/compute/sae/optimiser.ts';
import { openSafetensors } from '../../../main/formats/safetensors.ts';

interface Case {
  readonly spec: ArchitectureSpec & { readonly sparsity: number };
  readonly steps: readonly {
    readonly loss: number;
    readonly gradientNorm: number;
    readonly l0: number;
    readonly terms: Readonly<Record<string, number>>;
  }[];
  /** After the last step: moving average of the smallest code, and tokens without firing. */
  readonly threshold: number;
  readonly idle: readonly number[];
}

const golden = openSafetensors(resolve(import.meta.dirname, 'architectures.safetensors'));
const metadata = <T>(key: string) => JSON.parse(golden.metadata.get(key) ?? '') as T;
const cases = metadata<Record<string, Case>>('cases');
const shape = metadata<{ dIn: number; latents: number }>('shape');
const tokens = metadata<number>('tokens');
const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

afterAll(() => golden.close());

describe.each([
  { name: 'reference', tolerance: 2e-7 },
  { name: 'wasm', tolerance: 1e-5 },
] as const)('five steps of every architecture on $name agree with PyTorch', ({ name, tolerance }) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(name, { threads: 2 });
  });
  afterAll(() => engine.close());

  it.each(Object.entries(cases))('in the case %s', (caseName, { spec, steps, ...after }) => {
    const alive = engine.usage().tensors;
    const architecture = openArchitecture(spec);
    const objective: Objective = [
      { kind: 'sparsity', coefficient: spec.sparsity, p: 1 },
      { kind: 'outToIn', coefficient: 1 },
    ];
    const parameters = Object.fromEntries(
      architecture
        .parameters(shape)
        .map(({ name: key, shape: lengths }) => [
          key,
          engine.floats(golden.floats(`${caseName}.init.${key}`), lengths),
        ]),
    ) as unknown as DictionaryParameters;
    const buffers = architecture.buffers?.(shape) ?? {};
    const state = newAdamState(engine, parameters);
    steps.forEach((expected, step) => {
      const x = engine.floats(golden.floats(`${caseName}.${step}.x`), [tokens, shape.dIn]);
      const { gradients, ...found } = dictionaryGradients(
        engine,
        { architecture, parameters, buffers, objective },
        { x },
        ({ codes, firing }) =>
          architecture.remember?.(engine, buffers, { codes, firing, tokens }),
      );
      const norm = gradientNorm(engine, gradients);
      expect(Object.keys(found.terms).sort()).toEqual(Object.keys(expected.terms).sort());
      const values: Record<string, number> = { ...found.terms, norm, l0: found.l0 };
      values['loss'] = found.loss;
      const { terms, gradientNorm: expectedNorm, ...others } = expected;
      for (const [key, value] of Object.entries({ ...terms, ...others, norm: expectedNorm }))
        expect(values[key], `${key} at step ${step}`).toBeRelatively(value, tolerance);
      if (step === 1)
        for (const [key, gradient] of Object.entries<Tensor>(gradients))
          expectClose(
            engine.read(gradient),
            golden.doubles(`${caseName}.1.gradient.${key}`),
            tolerance,
          );
      stepAdam(engine, parameters, gradients, state, {
        settings: adam,
        learningRate: metadata<number[]>('rates')[step]!,
        gradientScale: clipFactor(norm, metadata<number>('clip')),
      });
      engine.dispose(x, ...Object.values<Tensor>(gradients));
    });
    for (const [key, parameter] of Object.entries<Tensor>(parameters))
      expectClose(engine.read(parameter), golden.doubles(`${caseName}.after.${key}`), tolerance);
    if (buffers['threshold'])
      expect(buffers['threshold'][0]).toBeRelatively(after.threshold, tolerance);
    if (buffers['idle']) expect(Array.from(buffers['idle'])).toEqual(after.idle);
    for (const tensors of [parameters, state.first, state.second])
      engine.dispose(...Object.values<Tensor>(tensors));
    expect(engine.usage().tensors).toBe(alive);
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
