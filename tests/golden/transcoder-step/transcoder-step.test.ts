import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, Tensor } from '../../../main/compute/engine.ts';
import { openEngine } from '../../../main/compute/engines/open-engine.ts';
import { parseHook } from '../../../main/compute/model/hooks.ts';
import { openTransformer } from '../../../main/compute/model/open-transformer.ts';
import type { Transformer } from '../../../main/compute/model/transformer.ts';
import type { DictionaryParameters } from '../../../main/compute/sae/architecture.ts';
import {
  openArchitecture,
  type ArchitectureSpec,
} from '../../../main/compute/sae/architectures/open-architecture.ts';
import {
  dictionaryGradients,
  type TrainingInput,
} from '../../../main/compute/sae/dictionary-gradients.ts';
import { comparedBy, type Objective } from '../../../main/compute/sae/objective.ts';
import {
  clipFactor,
  gradientNorm,
  newAdamState,
  stepAdam,
} from '../../../main/compute/sae/optimiser.ts';
import { OriginalPass } from '../../../main/compute/sae/original-pass.ts';
import { openSafetensors } from '../../../main/formats/safetensors.ts';
import { expectClose } from '../../support/expect-close.ts';
import { withTensorflow } from '../../support/tensorflow.ts';

interface Case {
  readonly spec: ArchitectureSpec & { readonly sparsity: number; readonly layer?: number };
  readonly steps: readonly {
    readonly loss: number;
    readonly gradientNorm: number;
    readonly l0: number;
    readonly terms: Readonly<Record<string, number>>;
  }[];
}

const golden = openSafetensors(resolve(import.meta.dirname, 'transcoder-step.safetensors'));
const metadata = <T>(key: string) => JSON.parse(golden.metadata.get(key) ?? '') as T;
const cases = metadata<Record<string, Case>>('cases');
const shape = metadata<{ dIn: number; latents: number }>('shape');
const [sequences, length] = [metadata<number>('sequences'), metadata<number>('context')];

afterAll(() => golden.close());

describe.each([
  { name: 'reference', tolerance: 2e-7 },
  { name: 'wasm', tolerance: 1e-5 },
  ...withTensorflow({ name: 'tensorflow', tolerance: 1e-5 } as const),
] as const)('five steps of a transcoder on $name agree with PyTorch', ({ name, tolerance }) => {
  let engine: Engine;
  let model: Transformer;
  beforeAll(async () => {
    engine = await openEngine(name, { threads: 2 });
    const config = metadata<unknown>('config');
    model = openTransformer(engine, { config, configFile: 'config.json', weights: golden });
  });
  afterAll(() => engine.close());

  /** The objective of a case, and what it sees at each step. */
  function surroundings(caseName: string, { sparsity, layer }: Case['spec']) {
    const first = { kind: 'sparsity', coefficient: sparsity, p: 1 } as const;
    if (layer === undefined) {
      const objective: Objective = [first, { kind: 'outToIn', coefficient: 1 }];
      const part = (step: number, key: string) => {
        const values = golden.floats(`${caseName}.${step}.${key}`);
        return engine.floats(values, [values.length / shape.dIn, shape.dIn]);
      };
      const inputAt = (step: number): { input: TrainingInput; free: () => void } => {
        const [x, target] = [part(step, 'x'), part(step, 't')];
        return { input: { x, target }, free: () => engine.dispose(x, target) };
      };
      return { objective, inputAt, place: {} };
    }
    const [hook, target, later] = ['ln2.hook_normalized', 'hook_mlp_out', 'hook_resid_post'].map(
      (site) => parseHook(`blocks.${layer}.${site}`, model.config),
    );
    const objective: Objective = [
      first,
      { kind: 'outToIn', coefficient: 0.4 },
      { kind: 'inToOrig', coefficient: 1.5, hook: later! },
      { kind: 'logitsKl', coefficient: 0.7, direction: 'model-to-spliced' },
    ];
    const place = { hook: hook!, target: target! };
    const inputAt = (step: number): { input: TrainingInput; free: () => void } => {
      const ids = golden.ints(`${caseName}.${step}.tokens`);
      const point = { ...place, compared: comparedBy(objective) };
      const original = new OriginalPass(model, { ids, sequences, length }, [point]);
      const [x, wanted] = [original.at(hook!), original.at(target!)];
      return { input: { x, target: wanted, original }, free: () => original.dispose() };
    };
    return { objective, inputAt, place };
  }

  it.each(Object.entries(cases))('in the case %s', (caseName, { spec, steps }) => {
    const alive = engine.usage().tensors;
    const architecture = openArchitecture({ ...spec, transcoder: true });
    const { objective, inputAt, place } = surroundings(caseName, spec);
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
      const { input, free } = inputAt(step);
      const dictionary = { architecture, parameters, buffers, objective, ...place };
      const { gradients, terms, loss, l0 } = dictionaryGradients(
        engine,
        dictionary,
        input,
        ({ codes, firing }) =>
          architecture.remember?.(engine, buffers, {
            codes,
            firing,
            tokens: input.x.shape[0]!,
          }),
      );
      const norm = gradientNorm(engine, gradients);
      expect(Object.keys(terms).sort()).toEqual(Object.keys(expected.terms).sort());
      const found: Record<string, number> = { ...terms, loss, l0, gradientNorm: norm };
      const { terms: expectedTerms, ...others } = expected;
      for (const [key, value] of Object.entries({ ...expectedTerms, ...others }))
        expect(found[key], `${key} at step ${step}`).toBeRelatively(value, tolerance);
      if (step === 0)
        for (const [key, gradient] of Object.entries<Tensor>(gradients))
          expectClose(
            engine.read(gradient),
            golden.doubles(`${caseName}.0.gradient.${key}`),
            tolerance,
            key,
          );
      stepAdam(engine, parameters, gradients, state, {
        settings: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
        learningRate: metadata<number[]>('rates')[step]!,
        gradientScale: clipFactor(norm, metadata<number>('clip')),
      });
      engine.dispose(...Object.values<Tensor>(gradients));
      free();
    });
    for (const [key, parameter] of Object.entries<Tensor>(parameters))
      expectClose(
        engine.read(parameter),
        golden.doubles(`${caseName}.after.${key}`),
        tolerance,
        `${key} after`,
      );
    for (const tensors of [parameters, state.first, state.second])
      engine.dispose(...Object.values<Tensor>(tensors));
    expect(engine.usage().tensors).toBe(alive);
  });
});
