import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, Tensor } from '../../../main/compute/engine.ts';
import { openEngine } from '../../../main/compute/engines/open-engine.ts';
import { parseHook } from '../../../main/compute/model/hooks.ts';
import { openTransformer } from '../../../main/compute/model/open-transformer.ts';
import type { Transformer } from '../../../main/compute/model/transformer.ts';
import type { Architecture, DictionaryParameters } from '../../../main/compute/sae/architecture.ts';
import { reluArchitecture } from '../../../main/compute/sae/architectures/relu.ts';
import { dictionaryGradients } from '../../../main/compute/sae/dictionary-gradients.ts';
import { comparedBy, resolveObjective } from '../../../main/compute/sae/objective.ts';
import {
  clipFactor,
  gradientNorm,
  newAdamState,
  stepAdam,
} from '../../../main/compute/sae/optimiser.ts';
import { OriginalPass } from '../../../main/compute/sae/original-pass.ts';
import { openSafetensors } from '../../../main/formats/safetensors.ts';
import { withTensorflow } from '../../support/tensorflow.ts';
import type { KlDirection, ObjectiveSpec } from '../../../shared/domain/objective.ts';

interface Case {
  readonly hook: string;
  readonly coefficients: Readonly<
    Record<'sparsity' | 'outToIn' | 'inToOrig' | 'logitsKl', number>
  >;
  readonly direction: KlDirection;
  readonly clip: number | null;
  readonly later: string[];
  readonly steps: readonly {
    readonly loss: number;
    readonly gradientNorm: number;
    readonly l0: number;
    readonly terms: Readonly<Record<string, number>>;
  }[];
}

const golden = openSafetensors(resolve(import.meta.dirname, 'e2e-step.safetensors'));
const metadata = <T>(key: string) => JSON.parse(golden.metadata.get(key) ?? '') as T;
const cases = metadata<Record<string, Case>>('cases');
const rates = metadata<number[]>('rates');
const [sequences, length] = [metadata<number>('sequences'), metadata<number>('context')];
const architecture: Architecture = reluArchitecture('graph');
const shapes = architecture.parameters({ dIn: 16, latents: 40 });

afterAll(() => golden.close());

describe.each([
  { name: 'reference', tolerance: 2e-7 },
  { name: 'wasm', tolerance: 1e-5 },
  ...withTensorflow({ name: 'tensorflow', tolerance: 1e-5 } as const),
] as const)('five steps through the frozen model on $name agree with PyTorch', ({ name, tolerance }) => {
  let engine: Engine;
  let model: Transformer;
  beforeAll(async () => {
    engine = await openEngine(name, { threads: 2 });
    const config = metadata<unknown>('config');
    model = openTransformer(engine, { config, configFile: 'config.json', weights: golden });
  });
  afterAll(() => engine.close());

  it.each(Object.entries(cases))('in the case %s', (caseName, spec) => {
    const alive = engine.usage().tensors;
    const hook = parseHook(spec.hook, model.config);
    const objective = resolveObjective(objectiveOf(spec), hook, model.config);
    const point = { hook, compared: comparedBy(objective) };
    const parameters = Object.fromEntries(
      shapes.map(({ name: key, shape }) => [
        key,
        engine.floats(golden.floats(`${caseName}.init.${key}`), shape),
      ]),
    ) as unknown as DictionaryParameters;
    const state = newAdamState(engine, parameters);
    spec.steps.forEach((expected, step) => {
      const ids = golden.ints(`${caseName}.${step}.tokens`);
      const original = new OriginalPass(model, { ids, sequences, length }, [point]);
      const { gradients, terms, loss, l0 } = dictionaryGradients(
        engine,
        { architecture, parameters, objective, hook },
{ x: original.at(hook), original },
      );
      const norm = gradientNorm(engine, gradients);
      expect(Object.keys(terms).sort()).toEqual(Object.keys(expected.terms).sort());
      const found = { ...terms, loss, l0, gradientNorm: norm };
      const { terms: expectedTerms, ...others } = expected;
      for (const [key, value] of Object.entries({ ...expectedTerms, ...others }))
        expect(found[key as 'loss'], `${key} at step ${step}`).toBeRelatively(value, tolerance);
      if (step === 0)
        for (const [key, gradient] of Object.entries<Tensor>(gradients))
          expectClose(
            engine.read(gradient),
            golden.doubles(`${caseName}.0.gradient.${key}`),
            tolerance,
          );
      stepAdam(engine, parameters, gradients, state, {
        settings: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
        learningRate: rates[step]!,
        gradientScale: clipFactor(norm, spec.clip),
      });
      original.dispose();
      engine.dispose(...Object.values<Tensor>(gradients));
    });
    for (const [key, parameter] of Object.entries<Tensor>(parameters))
      expectClose(engine.read(parameter), golden.doubles(`${caseName}.after.${key}`), tolerance);
    for (const tensors of [parameters, state.first, state.second])
      engine.dispose(...Object.values<Tensor>(tensors));
    expect(engine.usage().tensors).toBe(alive);
  });
});

function objectiveOf({ coefficients, later, direction }: Case): ObjectiveSpec {
  return {
    sparsity: { coefficient: coefficients.sparsity, p: 1 },
    outToIn: { coefficient: coefficients.outToIn },
    ...(later.length > 0 && {
      inToOrig: { coefficient: coefficients.inToOrig, hooks: later },
    }),
    logitsKl: { coefficient: coefficients.logitsKl, direction },
  };
}

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
