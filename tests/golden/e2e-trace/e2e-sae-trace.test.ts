import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, Tensor } from '../../../main/compute/engine.ts';
import { openEngine } from '../../../main/compute/engines/open-engine.ts';
import { parseHook } from '../../../main/compute/model/hooks.ts';
import { openTransformer } from '../../../main/compute/model/open-transformer.ts';
import type { Transformer } from '../../../main/compute/model/transformer.ts';
import { reluArchitecture } from '../../../main/compute/sae/architectures/relu.ts';
import { BatchMetrics } from '../../../main/compute/sae/batch-metrics.ts';
import { comparedBy, resolveObjective } from '../../../main/compute/sae/objective.ts';
import { OriginalPass } from '../../../main/compute/sae/original-pass.ts';
import { Trainer, type StepReport } from '../../../main/compute/sae/trainer.ts';
import { openModelFolder } from '../../../main/formats/model-folder.ts';
import { openSafetensors } from '../../../main/formats/safetensors.ts';
import type { Metrics } from '../../../shared/domain/metrics.ts';
import type { ObjectiveSpec } from '../../../shared/domain/objective.ts';
import { withTensorflow } from '../../support/tensorflow.ts';
import { missingData, sharedData } from '../../support/shared-data.ts';

/**
 * Twenty training steps by e2e_sae's own code, value by value and weight by weight: 1e-4 relative, 1e-6
 * absolute near zero (../shared/data/README.md says how the traces were made).
 */
const folder = 'e2e-sae/golden-lm-gpt2';
const path = sharedData(folder);
const modelPath = sharedData('lm-gpt2');
const skipped = path && modelPath ? '' : ` (${missingData(path ? 'lm-gpt2' : folder)})`;

interface Trace {
  readonly hook: string;
  readonly loss: {
    readonly sparsity: { readonly coeff: number };
    readonly out_to_in: { readonly coeff: number };
    readonly in_to_orig: {
      readonly total_coeff: number;
      readonly hook_positions: string[];
    } | null;
    readonly logits_kl: { readonly coeff: number } | null;
  };
  readonly lr: number;
  readonly warmup_steps: number;
  readonly steps: number;
  readonly batch_sequences: number;
  readonly max_grad_norm: number;
  readonly min_lr_factor: number;
  readonly log: readonly Readonly<Record<string, number>>[];
}

/** e2e_sae's names, without the hook point, and ours. Its top-1 accuracies are unshifted: not ours. */
const names: Readonly<Record<string, string>> = {
  'loss/train/logits_kl': 'logitsKl',
  'loss/train/sparsity': 'sparsity',
  'loss/train/out_to_in': 'outToIn',
  'loss/train/out_to_in/explained_variance': 'explainedVariancePerToken',
  'loss/train/out_to_in/explained_variance_std': 'explainedVariancePerTokenStd',
  'loss/train/out_to_in/explained_variance_ln': 'explainedVarianceLayerNormed',
  'loss/train/out_to_in/explained_variance_ln_std': 'explainedVarianceLayerNormedStd',
  'loss/train/in_to_orig': 'inToOrig',
  'loss/train/in_to_orig/explained_variance': 'explainedVariancePerToken',
  'loss/train/in_to_orig/explained_variance_std': 'explainedVariancePerTokenStd',
  'loss/train/in_to_orig/explained_variance_ln': 'explainedVarianceLayerNormed',
  'loss/train/in_to_orig/explained_variance_ln_std': 'explainedVarianceLayerNormedStd',
  'sparsity/train/L_0': 'l0',
  'sparsity/train/frac_zeros': 'fractionZero',
  'performance/train/orig_model_ce_loss': 'ceOriginal',
  'performance/train/sae_model_ce_loss': 'ceSpliced',
  'performance/train/difference_ce_loss': 'ceIncrease',
  'performance/train/orig_vs_sae_top1_consistency': 'topOneAgreement',
  'performance/train/orig_vs_sae_statistical_distance': 'totalVariation',
  loss: 'loss',
  lr: 'learningRate',
  grad_norm: 'gradientNorm',
};

const engines = ['wasm', ...withTensorflow('tensorflow' as const)] as const;

describe.skipIf(skipped).each(engines)(`training as e2e_sae does on %s${skipped}`, (name) => {
  let engine: Engine;
  let model: Transformer;
  beforeAll(async () => {
    engine = await openEngine(name, { threads: 2 });
    const source = openModelFolder(modelPath ?? '');
    model = openTransformer(engine, source, 'transformer-lens');
    source.weights.close();
  });
  afterAll(() => engine.close());

  it.each(['local', 'e2e', 'downstream'])('%s gives the same values and weights', (name) => {
    const trace = JSON.parse(readFileSync(`${path}/${name}.json`, 'utf8')) as Trace;
    const hook = parseHook(trace.hook, model.config);
    const objective = resolveObjective(objectiveOf(trace), hook, model.config);
    const architecture = reluArchitecture('graph');
    const shape = { dIn: 128, latents: 512 };
    const trainer = new Trainer(
      engine,
      {
        schedule: {
          kind: 'cosine',
          steps: trace.steps,
          warmupSteps: trace.warmup_steps,
          cooldownSteps: 0,
          minimumFactor: trace.min_lr_factor,
        },
        gradientClip: trace.max_grad_norm,
        adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      },
      [{ key: '0', seed: 0, architecture, shape, objective, learningRate: trace.lr, hook }],
    );
    loadWeights(engine, `${path}/${name}_init.safetensors`, trainer.learners[0]!.parameters);
    const order = openSafetensors(`${path}/row_order.safetensors`).ints('row_order');
    const tokens = openSafetensors(`${modelPath}/tokens_train.safetensors`);
    const length = 128;
    trace.log.forEach((expected, step) => {
      const sequences = trace.batch_sequences;
      const ids = Int32Array.from(
        Array.from(order.subarray(step * sequences, (step + 1) * sequences)).flatMap((row) => [
          ...tokens.ints("input_ids", row * length, (row + 1) * length),
        ]),
      );
      const batch = { ids, sequences, length };
      const original = new OriginalPass(model, batch, [
{ hook, compared: comparedBy(objective) },
]);
      const metrics = new BatchMetrics(model, objective, shape);
      const [report] = trainer.train([() => ({ x: original.at(hook), original })], 1, (_, view) =>
        metrics.add(view),
      );
      original.dispose();
      expectLogged(found(report!, metrics.metrics()), expected, trace.hook, step);
    });
    expectWeights(engine, `${path}/${name}_final.safetensors`, trainer.learners[0]!.parameters);
    tokens.close();
    trainer.dispose();
  });
});

function objectiveOf({ loss }: Trace): ObjectiveSpec {
  return {
    sparsity: { coefficient: loss.sparsity.coeff, p: 1 },
    outToIn: { coefficient: loss.out_to_in.coeff },
    ...(loss.in_to_orig && {
      inToOrig: {
        coefficient: loss.in_to_orig.total_coeff,
        hooks: loss.in_to_orig.hook_positions,
      },
    }),
    ...(loss.logits_kl && {
      logitsKl: { coefficient: loss.logits_kl.coeff, direction: 'model-to-spliced' },
    }),
  };
}

function found(report: StepReport, metrics: Metrics): Record<string, number | null> {
  const { loss, terms, learningRate, gradientNorm } = report;
  return { ...metrics, ...terms, loss, learningRate, gradientNorm };
}

function expectLogged(
  values: Record<string, number | null>,
  expected: Readonly<Record<string, number>>,
  hook: string,
  step: number,
): void {
  for (const [key, wanted] of Object.entries(expected)) {
    if (key.includes('top1_accuracy')) continue;
    const [, plain = '', at] = /^(.*?)(?:\/(blocks\..*))?$/.exec(key)!;
    const name = names[plain];
    expect(name, `a name for ${key}`).toBeDefined();
    const value = values[at === undefined || at === hook ? name! : `${name}.${at}`]!;
    // e2e_sae subtracts the other way round.
    const target = name === 'ceIncrease' ? -wanted : wanted;
    const allowed = Math.max(1e-4 * Math.abs(target), 1e-6);
    expect(Math.abs(value - target), `${key} at step ${step}: ${value}`).toBeLessThan(allowed);
  }
}

/** e2e_sae's tensors by ours; its decoder is the transpose. */
const tensors = {
  encoder: 'encoder.0.weight',
  encoderBias: 'encoder.0.bias',
  decoder: 'decoder.weight',
  decoderBias: 'decoder.bias',
} as const;

function readWeights(file: string): Record<string, Float32Array> {
  const reader = openSafetensors(file);
  const weights = Object.fromEntries(
    Object.entries(tensors).map(([name, key]) => {
      const values = reader.floats(key);
      if (name !== 'decoder') return [name, values];
      const [d = 0, n = 0] = reader.tensors.get(key)?.shape ?? [];
      return [name, values.map((_, i) => values[(i % d) * n + Math.floor(i / d)]!)];
    }),
  );
  reader.close();
  return weights;
}

function loadWeights(engine: Engine, file: string, parameters: Readonly<Record<string, Tensor>>) {
  for (const [name, values] of Object.entries(readWeights(file))) {
    const tensor = engine.floats(values, parameters[name]!.shape);
    engine.copyInto(parameters[name]!, tensor);
    engine.dispose(tensor);
  }
}

function expectWeights(engine: Engine, file: string, parameters: Readonly<Record<string, Tensor>>) {
  for (const [name, wanted] of Object.entries(readWeights(file))) {
    const values = engine.read(parameters[name]!);
    const worst = wanted.reduce((most, x, i) => Math.max(most, Math.abs(values[i]! - x)), 0);
    expect(worst, name).toBeLessThan(1e-4);
  }
}
