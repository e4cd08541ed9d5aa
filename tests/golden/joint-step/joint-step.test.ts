import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, Tensor } from '../../../main/compute/engine.ts';
import { openEngine } from '../../../main/compute/engines/open-engine.ts';
import { parseHook } from '../../../main/compute/model/hooks.ts';
import { openTransformer } from '../../../main/compute/model/open-transformer.ts';
import type { Transformer } from '../../../main/compute/model/transformer.ts';
import type { Architecture, DictionaryParameters } from '../../../main/compute/sae/architecture.ts';
import { reluArchitecture } from '../../../main/compute/sae/architectures/relu.ts';
import { jointGradients } from '../../../main/compute/sae/joint-gradients.ts';
import { comparedBy, firstOf, resolveObjective } from '../../../main/compute/sae/objective.ts';
import {
  clipFactor,
  gradientNorm,
  newAdamState,
  stepAdam,
} from '../../../main/compute/sae/optimiser.ts';
import { OriginalPass } from '../../../main/compute/sae/original-pass.ts';
import { openSafetensors } from '../../../main/formats/safetensors.ts';
import type { ObjectiveSpec } from '../../../shared/domain/objective.ts';
import { expectClose } from '../../support/expect-close.ts';
import { withTensorflow } from '../../support/tensorflow.ts';

type Term = { readonly coeff: number } | null;

interface Case {
  readonly positions: readonly string[];
  readonly loss: {
    readonly sparsity: { readonly coeff: number };
    readonly in_to_orig: { readonly total_coeff: number; readonly hook_positions: string[] } | null;
    readonly out_to_orig: Term;
    readonly out_to_in: Term;
    readonly logits_kl: Term;
  };
  readonly clip: number | null;
  readonly frozen: readonly string[];
  readonly steps: readonly {
    readonly loss: number;
    readonly gradientNorm: number;
    readonly terms: Readonly<Record<string, number>>;
    readonly l0: Readonly<Record<string, number>>;
  }[];
}

const golden = openSafetensors(resolve(import.meta.dirname, 'joint-step.safetensors'));
const metadata = <T>(key: string) => JSON.parse(golden.metadata.get(key) ?? '') as T;
const cases = metadata<Record<string, Case>>('cases');
const rates = metadata<number[]>('rates');
const [sequences, length] = [metadata<number>('sequences'), metadata<number>('context')];
const architecture: Architecture = reluArchitecture('graph');
const shapes = architecture.parameters({ dIn: 16, latents: 24 });

afterAll(() => golden.close());

describe.each([
  { name: 'reference', tolerance: 2e-7 },
  { name: 'wasm', tolerance: 1e-5 },
  ...withTensorflow({ name: 'tensorflow', tolerance: 1e-5 } as const),
] as const)('five steps of a joint pass on $name agree with e2e_sae', ({ name, tolerance }) => {
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
    const hooks = spec.positions.map((position) => parseHook(position, model.config));
    const objective = resolveObjective(objectiveOf(spec), firstOf(hooks), model.config);
    const points = hooks.map((hook) => ({ hook, compared: comparedBy(objective) }));
    const dictionaries = hooks.map((hook) => ({
      hook,
      architecture,
      objective,
      frozen: spec.frozen.includes(hook.name),
      parameters: Object.fromEntries(
        shapes.map(({ name: key, shape }) => [
          key,
          engine.floats(golden.floats(`${caseName}.init.${hook.name}.${key}`), shape),
        ]),
      ) as unknown as DictionaryParameters,
    }));
    const states = dictionaries.map(({ parameters }) => newAdamState(engine, parameters));
    spec.steps.forEach((expected, step) => {
      const ids = golden.ints(`${caseName}.${step}.tokens`);
      const original = new OriginalPass(model, { ids, sequences, length }, points);
      const inputs = hooks.map((hook) => ({ x: original.at(hook), original }));
      const found = jointGradients(engine, dictionaries, inputs);
      const terms = Object.fromEntries(
        found.flatMap((one, at) =>
          Object.entries(one.terms).map(([key, value]) => [lensKey(key, hooks[at]!.name), value]),
        ),
      );
      for (const [key, value] of Object.entries(expected.terms))
        expect(terms[key], `${key} at step ${step}`).toBeRelatively(value, tolerance);
      expect(found.map(({ l0 }) => l0)).toEqual(
        spec.positions.map((position) => expect.closeTo(expected.l0[position]!, 5) as number),
      );
      for (const { loss } of found) expect(loss).toBeRelatively(expected.loss, tolerance);
      const norm = Math.hypot(
        ...found.map(({ gradients }) => (gradients ? gradientNorm(engine, gradients) : 0)),
      );
      expect(norm).toBeRelatively(expected.gradientNorm, tolerance);
      found.forEach(({ gradients }, at) => {
        const { frozen, hook, parameters } = dictionaries[at]!;
        expect(gradients === undefined).toBe(frozen);
        if (!gradients) return;
        for (const [key, gradient] of Object.entries<Tensor>(step === 0 ? gradients : {}))
          expectClose(
            engine.read(gradient),
            golden.doubles(`${caseName}.0.gradient.${hook.name}.${key}`),
            tolerance,
            `${key} at ${hook.name}`,
          );
        stepAdam(engine, parameters, gradients, states[at]!, {
          settings: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
          learningRate: rates[step]!,
          gradientScale: clipFactor(norm, spec.clip),
        });
        engine.dispose(...Object.values<Tensor>(gradients));
      });
      original.dispose();
    });
    dictionaries.forEach(({ hook, frozen, parameters }, at) => {
      const stage = frozen ? 'init' : 'after';
      for (const [key, parameter] of Object.entries<Tensor>(parameters))
        expectClose(
          engine.read(parameter),
          golden.doubles(`${caseName}.${stage}.${hook.name}.${key}`),
          tolerance,
          `${key} at ${hook.name} after`,
        );
      for (const tensors of [parameters, states[at]!.first, states[at]!.second])
        engine.dispose(...Object.values<Tensor>(tensors));
    });
    expect(engine.usage().tensors).toBe(alive);
  });
});

/** The key under which e2e_sae logs a term. */
function lensKey(term: string, hook: string): string {
  const names: Readonly<Record<string, string>> = {
    sparsity: `sparsity/${hook}`,
    outToIn: `out_to_in/${hook}`,
    outToOrig: `out_to_orig/${hook}`,
    logitsKl: 'logits_kl',
  };
  return names[term] ?? term.replace('inToOrig.', 'in_to_orig/');
}

function objectiveOf({ loss }: Case): ObjectiveSpec {
  const { sparsity, out_to_in: outToIn, out_to_orig: outToOrig } = loss;
  const { in_to_orig: inToOrig, logits_kl: logitsKl } = loss;
  return {
    sparsity: { coefficient: sparsity.coeff, p: 1 },
    outToIn: { coefficient: outToIn?.coeff ?? 0 },
    ...(outToOrig && { outToOrig: { coefficient: outToOrig.coeff } }),
    ...(inToOrig && {
      inToOrig: { coefficient: inToOrig.total_coeff, hooks: inToOrig.hook_positions },
    }),
    ...(logitsKl && {
      logitsKl: { coefficient: logitsKl.coeff, direction: 'model-to-spliced' as const },
    }),
  };
}
