import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../../main/compute/engine.ts';
import { createReferenceEngine } from '../../../../main/compute/engines/reference/reference-engine.ts';
import { parseHook } from '../../../../main/compute/model/hooks.ts';
import type { DictionaryParameters } from '../../../../main/compute/sae/architecture.ts';
import {
  openArchitecture,
  type ArchitectureSpec,
} from '../../../../main/compute/sae/architectures/open-architecture.ts';
import { Evaluation } from '../../../../main/compute/sae/evaluate.ts';
import { FrozenDictionary } from '../../../../main/compute/sae/frozen-dictionary.ts';
import { jointGradients } from '../../../../main/compute/sae/joint-gradients.ts';
import { comparedBy, resolveObjective } from '../../../../main/compute/sae/objective.ts';
import { OriginalPass } from '../../../../main/compute/sae/original-pass.ts';
import {
  Trainer,
  type LearnerOptions,
  type TrainingBatch,
} from '../../../../main/compute/sae/trainer.ts';
import { objectivePresets } from '../../../../shared/domain/objective.ts';
import { tinyConfig, tinyTokens, tinyTransformer } from '../../../support/tiny-model.ts';

const engine = createReferenceEngine();
const model = tinyTransformer(engine);
const hookAt = (name: string) => parseHook(name, tinyConfig);
const shape = { dIn: tinyConfig.width, latents: 20 };

/** A dictionary in the stream, a transcoder with a skip connection after it, and one after that. */
const places = [
  { hook: hookAt('blocks.0.hook_resid_mid'), target: undefined },
  { hook: hookAt('blocks.0.ln2.hook_normalized'), target: hookAt('blocks.0.hook_mlp_out') },
  { hook: hookAt('blocks.1.hook_resid_pre'), target: undefined },
];
const objective = resolveObjective(
  {
    ...objectivePresets['e2e+downstream'],
    outToIn: { coefficient: 0.4 },
    outToOrig: { coefficient: 0.3 },
    inToOrig: {
      coefficient: 1.5,
      hooks: ['blocks.1.hook_resid_pre', 'blocks.1.hook_resid_post'],
    },
  },
  places[0]!.hook,
  tinyConfig,
);
const points = places.map((place) => ({ ...place, compared: comparedBy(objective) }));

function learners(seed: number, spec: ArchitectureSpec = { architecture: 'relu' }) {
  return places.map((place, at): LearnerOptions => ({
    ...place,
    key: `${at}/${seed}`,
    seed: seed + at,
    pass: `${seed}`,
    architecture: openArchitecture({
      ...spec,
      transcoder: place.target !== undefined,
      skip: place.target !== undefined,
    }),
    shape,
    objective,
    learningRate: 1e-2,
  }));
}

function trainer(options: readonly LearnerOptions[], gradientClip: number | null = 0.5): Trainer {
  const schedule = {
    kind: 'constant',
    steps: 20,
    warmupSteps: 0,
    cooldownSteps: 0,
    minimumFactor: 1,
  } as const;
  const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
  return new Trainer(engine, { schedule, gradientClip, adam }, options);
}

function inputsOf(original: OriginalPass): TrainingBatch {
  return ({ hook, target }) => ({
    x: original.at(hook!),
    ...(target && { target: original.at(target) }),
    original,
  });
}

function* passes(seeds: readonly number[]): Generator<TrainingBatch> {
  for (const seed of seeds) {
    const original = new OriginalPass(model, tinyTokens(2, 5, seed), points);
    yield inputsOf(original);
    original.dispose();
  }
}

describe('the gradients of a joint pass agree with central differences', () => {
  const auxiliary = { coefficient: 0 };
  it.each<ArchitectureSpec>([
    { architecture: 'relu' },
    { architecture: 'topk', k: 5, auxiliary },
    { architecture: 'batchtopk', k: 5, auxiliary },
    { architecture: 'matryoshka', k: 5, auxiliary },
    { architecture: 'jumprelu', threshold: 0.1 },
    { architecture: 'gated', auxiliary },
  ])('of $architecture', (spec) => {
    const alive = engine.usage().tensors;
    const joint = trainer(learners(3, spec));
    const original = new OriginalPass(model, tinyTokens(2, 5, 7), points);
    const inputs = joint.learners.map((learner) => inputsOf(original)(learner));
    const run = () => jointGradients(engine, joint.learners, inputs);
    const lossOf = () => {
      const steps = run();
      for (const { gradients } of steps) engine.dispose(...Object.values<Tensor>(gradients!));
      return steps[0]!.loss;
    };
    const steps = run();
    joint.learners.forEach(({ parameters }, at) => {
      const gradients = steps[at]!.gradients!;
      for (const [name, gradient] of Object.entries<Tensor>(gradients)) {
        // The straight-through estimate is no derivative.
        if (name === 'logThreshold') continue;
        const values = Float64Array.from(engine.read(gradient));
        const scale = Math.max(...values.map(Math.abs));
        for (let i = 3; i < values.length; i += 29)
          expect(
            Math.abs(values[i]! - slope(parameters, name, i, lossOf)) / scale,
            `${name} of dictionary ${at}`,
          ).toBeLessThan(1e-6);
      }
      engine.dispose(...Object.values<Tensor>(gradients));
    });
    original.dispose();
    joint.dispose();
    expect(engine.usage().tensors).toBe(alive);
  });
});

/** Central difference of a loss at one entry of a parameter. */
function slope(parameters: DictionaryParameters, name: string, at: number, loss: () => number) {
  const tensor = parameters[name as 'encoder'];
  const before = Array.from(engine.read(tensor));
  const step = 1e-6;
  const [high, low] = [step, -step].map((by) => {
    set(tensor, before.with(at, before[at]! + by));
    return loss();
  });
  set(tensor, before);
  return (high! - low!) / (2 * step);
}

function set(tensor: Tensor, values: readonly number[]): void {
  const changed = engine.floats(values, tensor.shape);
  engine.copyInto(tensor, changed);
  engine.dispose(changed);
}

describe('a joint pass', () => {
  it('of one dictionary is what it would be by itself', () => {
    const [first] = learners(3);
    const joint = trainer([first!]);
    const alone = trainer([{ ...first!, pass: undefined }]);
    for (const seed of [1, 2, 3]) for (const one of [joint, alone]) one.train(passes([seed]));
    joint.state().forEach(({ data }, index) => {
      const expected = alone.state()[index]!.data;
      data.forEach((value, i) => expect(value).toBeCloseTo(Number(expected[i]), 10));
    });
  });

  it('has one loss, one norm, and its seeds to itself', () => {
    const two = trainer([...learners(3), ...learners(40)]);
    const one = trainer(learners(40));
    const [reports] = [two.train(passes([5])), one.train(passes([5]))];
    expect(reports.slice(0, 3).map(({ loss }) => loss)).toEqual(Array(3).fill(reports[0]!.loss));
    expect(new Set(reports.map(({ gradientNorm }) => gradientNorm)).size).toBe(2);
    expect(two.state().filter(({ name }) => name.includes('/40.'))).toEqual(one.state());
  });

  it('gathers the same gradient in parts', () => {
    const ids = [1, 2].flatMap((seed) => [...tinyTokens(2, 5, seed).ids]);
    const tokens = { ids: Int32Array.from(ids), sequences: 4, length: 5 };
    const original = new OriginalPass(model, tokens, points);
    const whole = trainer(learners(3)).train([inputsOf(original)]);
    const parts = trainer(learners(3)).train(passes([1, 2]), 2);
    parts.forEach((report, at) => {
      expect(report.loss).toBeCloseTo(whole[at]!.loss, 10);
      expect(report.gradientNorm).toBeCloseTo(whole[at]!.gradientNorm, 10);
    });
    original.dispose();
  });

  it('leaves a frozen dictionary as it is, and lets others learn through it', () => {
    const frozen = trainer(learners(3).map((one, at) => ({ ...one, frozen: at === 1 })));
    const before = frozen.state();
    frozen.train(passes([5]));
    const changed = (key: string) =>
      frozen
        .state()
        .some(
          ({ name, data }, at) => name.startsWith(key) && String(data) !== String(before[at]!.data),
        );
    expect([changed('0/'), changed('1/'), changed('2/')]).toEqual([true, false, true]);
  });

  it('is measured together: what a later one reconstructs has come through the earlier ones', () => {
    const joint = trainer(learners(3));
    const place = (pass: string | undefined) =>
      joint.learners.map(({ hook, target, architecture, parameters }) => ({
        hook: hook!,
        target,
        pass,
        dictionary: FrozenDictionary.copy(engine, architecture, parameters),
      }));
    const measure = (pass: string | undefined) => {
      const evaluation = new Evaluation(model, place(pass));
      evaluation.add(tinyTokens(3, 6, 9));
      return evaluation.metrics();
    };
    const [together, apart] = [measure('all'), measure(undefined)];
    expect(new Set(together.map(({ ceSpliced }) => ceSpliced)).size).toBe(1);
    expect(together[0]!.mse).toBeCloseTo(apart[0]!.mse!, 12);
    for (const at of [1, 2]) expect(together[at]!.mse).not.toBeCloseTo(apart[at]!.mse!, 3);
    // Spliced into generation it predicts from where it reads.
    const { dictionary } = place(undefined)[1]!;
    const splice = dictionary.spliceAt(places[1]!.hook.name, places[1]!.target!.name);
    expect(splice.reads).toEqual(new Set([places[1]!.hook.name]));
  });
});
