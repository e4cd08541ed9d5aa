import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../../main/compute/engines/reference/reference-engine.ts';
import { forward } from '../../../../main/compute/model/forward.ts';
import { hookName, parseHook } from '../../../../main/compute/model/hooks.ts';
import { reluArchitecture } from '../../../../main/compute/sae/architectures/relu.ts';
import { Evaluation } from '../../../../main/compute/sae/evaluate.ts';
import { FrozenDictionary } from '../../../../main/compute/sae/frozen-dictionary.ts';
import { tinyConfig, tinyTokens, tinyTransformer } from '../../../support/tiny-model.ts';

const engine = createReferenceEngine();
const model = tinyTransformer(engine);
const d = tinyConfig.width;
const batch = tinyTokens(3, 6);

/** Latents +e_i and -e_i for each dimension: reconstructs everything exactly, or shrunk by a factor. */
function axes(shift = 0): FrozenDictionary {
  const rows = Float64Array.from({ length: 2 * d * d }, (_, i) => {
    const latent = Math.floor(i / d);
    return latent % d === i % d ? (latent < d ? 1 : -1) : 0;
  });
  return FrozenDictionary.copy(engine, reluArchitecture('graph'), {
    encoder: engine.floats(rows, [2 * d, d]),
    encoderBias: engine.floats(new Float64Array(2 * d).fill(-shift), [2 * d]),
    decoder: engine.floats(rows, [2 * d, d]),
    decoderBias: engine.zeros([d]),
  });
}

function evaluate(hook: string, dictionary: FrozenDictionary) {
  const evaluation = new Evaluation(model, [{ hook: parseHook(hook, tinyConfig), dictionary }]);
  evaluation.add(tinyTokens(1, 6, 3));
  evaluation.add(batch);
  return evaluation.metrics()[0]!;
}

describe('evaluation of a dictionary that reconstructs exactly', () => {
  it.each(['resid_pre', 'resid_mid', 'resid_post', 'attn_out', 'mlp_out'] as const)(
    'changes nothing at %s',
    (site) => {
      const metrics = evaluate(hookName(0, site), axes());
      expect(metrics.ceIncrease).toBeCloseTo(0, 10);
      expect(metrics.kl).toBeCloseTo(0, 10);
      expect(metrics.topOneAgreement).toBe(1);
      expect(metrics.explainedVariance).toBeCloseTo(1, 10);
      expect(metrics.mse).toBeCloseTo(0, 10);
      expect(metrics.normRatio).toBeCloseTo(1, 10);
      expect(metrics.l0).toBe(d);
      expect(metrics.tokens).toBe(24);
    },
  );
});

describe('evaluation of a lossy dictionary', () => {
  const hook = hookName(1, 'resid_pre');
  const metrics = evaluate(hook, axes(0.5));

  it('counts the active latents and the squared error', () => {
    const all = [tinyTokens(1, 6, 3), batch].flatMap((tokens) => [
      ...forward(model, tokens, [hook]).hooks.get(hook)!,
    ]);
    const active = all.filter((x) => Math.abs(x) > 0.5).length;
    const squares = all.reduce((sum, x) => sum + Math.min(Math.abs(x), 0.5) ** 2, 0);
    expect(metrics.l0).toBeCloseTo(active / 24, 10);
    expect(metrics.mse).toBeCloseTo(squares / all.length, 6);
    expect(metrics.fractionZero).toBeCloseTo(1 - active / 24 / (2 * d), 10);
  });

  it('reports the cross-entropy of the model as it is', () => {
    const losses = [tinyTokens(1, 6, 3), batch].flatMap((tokens) => [
      ...forward(model, tokens, []).crossEntropy,
    ]);
    expect(metrics.ceOriginal).toBeCloseTo(losses.reduce((a, b) => a + b, 0) / losses.length, 5);
    expect(metrics.ceIncrease).toBeCloseTo(metrics.ceSpliced! - metrics.ceOriginal!, 12);
  });

  it('gives a positive divergence in both directions', () => {
    expect(metrics.kl).toBeGreaterThan(0);
    expect(metrics.klReverse).toBeGreaterThan(0);
    expect(metrics.totalVariation).toBeGreaterThan(0);
  });

  it('keeps position 0 apart: the two parts average to the whole', () => {
    const first = metrics.mseFirstPosition!;
    const others = metrics.mseOtherPositions!;
    expect((4 * first + 20 * others) / 24).toBeCloseTo(metrics.mse!, 10);
  });
});
