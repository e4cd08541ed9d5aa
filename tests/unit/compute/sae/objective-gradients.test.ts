import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../../main/compute/engine.ts';
import { createReferenceEngine } from '../../../../main/compute/engines/reference/reference-engine.ts';
import { parseHook } from '../../../../main/compute/model/hooks.ts';
import { reluArchitecture } from '../../../../main/compute/sae/architectures/relu.ts';
import { dictionaryGradients } from '../../../../main/compute/sae/dictionary-gradients.ts';
import {
  comparedBy,
  resolveObjective,
  type Objective,
  type ObjectiveTerm,
} from '../../../../main/compute/sae/objective.ts';
import { OriginalPass } from '../../../../main/compute/sae/original-pass.ts';
import { objectivePresets } from '../../../../shared/domain/objective.ts';
import { tinyConfig, tinyTokens, tinyTransformer } from '../../../support/tiny-model.ts';

const engine = createReferenceEngine();
const model = tinyTransformer(engine);
const architecture = reluArchitecture('graph');
const shape = { dIn: tinyConfig.width, latents: 20 };
const parameters = architecture.initialise(engine, shape, 3);
const tokens = tinyTokens(2, 5);
const hookAt = (name: string) => parseHook(name, tinyConfig);

/** Loss, terms and gradients of the dictionary as it is now. */
function measure(objective: Objective, hook: string) {
  const point = { hook: hookAt(hook), compared: comparedBy(objective) };
  const original = new OriginalPass(model, tokens, [point]);
  const found = dictionaryGradients(
    engine,
    { architecture, parameters, objective, hook: point.hook },
    { x: original.at(point.hook), original },
  );
  const { gradients, ...terms } = found;
  const numbers = Object.entries<Tensor>(gradients).map(
    ([name, gradient]) => [name, Array.from(engine.read(gradient))] as const,
  );
  engine.dispose(...Object.values<Tensor>(gradients));
  original.dispose();
  return { ...terms, gradients: new Map(numbers) };
}

/** Central difference of the loss at one entry of a parameter. */
function slope(objective: Objective, hook: string, name: string, index: number): number {
  const tensor = parameters[name as 'encoder'];
  const before = Array.from(engine.read(tensor));
  const step = 1e-5;
  const lossAt = (by: number) => {
    set(
      tensor,
      before.map((value, i) => (i === index ? value + by : value)),
    );
    return measure(objective, hook).loss;
  };
  const difference = (lossAt(step) - lossAt(-step)) / (2 * step);
  set(tensor, before);
  return difference;
}

function set(tensor: Tensor, values: readonly number[]): void {
  const changed = engine.floats(values, tensor.shape);
  engine.copyInto(tensor, changed);
  engine.dispose(changed);
}

const residual = 'blocks.0.hook_resid_mid';
const terms: [what: string, hook: string, term: ObjectiveTerm][] = [
  ['sparsity, p = 1', residual, { kind: 'sparsity', coefficient: 0.7, p: 1 }],
  ['sparsity, p = 2', residual, { kind: 'sparsity', coefficient: 0.7, p: 2 }],
  ['outToIn', residual, { kind: 'outToIn', coefficient: 1.3 }],
  ['outToOrig', residual, { kind: 'outToOrig', coefficient: 1.3 }],
  ...['blocks.0.hook_mlp_out', 'blocks.1.hook_resid_pre', 'blocks.1.hook_resid_post'].map(
    (name): [string, string, ObjectiveTerm] => [
      `inToOrig at ${name}`,
      residual,
      { kind: 'inToOrig', coefficient: 1.1, hook: hookAt(name) },
    ],
  ),
  ...['resid_pre', 'attn_out', 'resid_mid', 'mlp_out', 'resid_post'].map(
    (site): [string, string, ObjectiveTerm] => [
      `logitsKl from ${site}`,
      `blocks.0.hook_${site}`,
      { kind: 'logitsKl', coefficient: 0.9, direction: 'model-to-spliced' },
    ],
  ),
  [
    'logitsKl in the other direction',
    residual,
    { kind: 'logitsKl', coefficient: 0.9, direction: 'spliced-to-model' },
  ],
];

describe('the gradient of an objective agrees with central differences', () => {
  it.each(terms)('%s', (_, hook, term) => {
    const { gradients } = measure([term], hook);
    for (const [name, gradient] of gradients) {
      if (term.kind === 'sparsity' && name.startsWith('decoder')) {
        expect(gradient.every((value) => value === 0)).toBe(true);
        continue;
      }
      const scale = Math.max(...gradient.map(Math.abs));
      for (let i = 0; i < gradient.length; i += 13)
        expect(Math.abs(gradient[i]! - slope([term], hook, name, i)) / scale).toBeLessThan(1e-6);
    }
  });
});

describe('an objective of several terms', () => {
  const hook = 'blocks.0.hook_resid_pre';
  const objective = resolveObjective(objectivePresets['e2e+downstream'], hookAt(hook), tinyConfig);

  it('logs each term without its coefficient and adds them up with it', () => {
    const { loss, terms: values } = measure(objective, hook);
    expect(Object.keys(values)).toEqual([
      'sparsity',
      'outToIn',
      'inToOrig.blocks.1.hook_resid_pre',
      'logitsKl',
    ]);
    const sum = 1.5 * values['sparsity']! + 2.5 * values['inToOrig.blocks.1.hook_resid_pre']!;
    expect(loss).toBeCloseTo(sum + 0.5 * values['logitsKl']!, 12);
  });

  it('learns nothing from a term of coefficient 0', () => {
    const logged = measure([...objective, { kind: 'outToOrig', coefficient: 0 }], hook);
    expect(logged.terms['outToOrig']).toBeGreaterThan(0);
    expect(logged.gradients).toEqual(measure(objective, hook).gradients);
  });

  it('weighs a balanced divergence as much as the reconstruction, as a constant', () => {
    const outToIn = { kind: 'outToIn', coefficient: 0.5 } as const;
    const kl = { kind: 'logitsKl', coefficient: 0.5, direction: 'model-to-spliced' } as const;
    const balanced = measure([outToIn, { ...kl, balanced: true }], hook);
    const { outToIn: error, logitsKl: divergence } = balanced.terms as Record<string, number>;
    const factor = error! / (divergence! + 1e-8);
    expect(balanced.loss).toBeCloseTo(0.5 * error! + 0.5 * factor * divergence!, 12);
    const scaled = measure([outToIn, { ...kl, coefficient: 0.5 * factor }], hook);
    expect(balanced.gradients.get('encoder')).toEqual(scaled.gradients.get('encoder'));
  });

  it('shares out a total over hook points by their weights', () => {
    const inToOrig = {
      coefficient: 3,
      hooks: ['blocks.0.hook_resid_post', 'blocks.1.hook_resid_post'],
      weights: [1, 2],
    };
    const resolved = resolveObjective(
      { ...objectivePresets.local, inToOrig },
      hookAt(hook),
      tinyConfig,
    );
    expect(resolved.slice(2).map(({ coefficient }) => coefficient)).toEqual([1, 2]);
  });

  it('leaves no tensors behind', () => {
    const before = engine.usage().tensors;
    measure(objective, hook);
    expect(engine.usage().tensors).toBe(before);
  });
});
