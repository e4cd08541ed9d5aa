import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../../main/compute/engines/reference/reference-engine.ts';
import { hookName } from '../../../../main/compute/model/hooks.ts';
import { Tape } from '../../../../main/compute/tape.ts';
import { squaredError } from '../../../../main/compute/ops/dense.ts';
import { Random } from '../../../support/random.ts';
import { tinyTokens, tinyTransformer } from '../../../support/tiny-model.ts';

const engine = createReferenceEngine();
const model = tinyTransformer(engine);
const batch = tinyTokens(2, 5);
const random = new Random(4);
const target = Float64Array.from({ length: 10 * 13 }, () => random.normal());

/** Sum of squared differences between the logits and fixed numbers, and its gradient. */
function lossFrom(site: string, value: Float64Array) {
  const tape = new Tape(engine);
  const parameterTensor = engine.floats(value, [10, 8]);
  const parameter = tape.parameter(parameterTensor);
  const last = model.blocks(tape, model.embed(tape, batch), { from: 0, to: 2 }, batch, (name, x) =>
    name === site ? parameter : x,
  );
  const logits = model.unembed(tape, model.finalNorm(tape, last));
  const targetTensor = engine.floats(target, [10, 13]);
  const rows = squaredError(tape, logits, tape.constant(targetTensor));
  const loss = engine.sum(rows.value);
  tape.backward([{ variable: rows, weight: 1 }]);
  const gradient = tape.gradient(parameter);
  const numbers = gradient ? engine.read(gradient) : new Float64Array(80);
  if (gradient) engine.dispose(gradient);
  engine.dispose(parameterTensor, targetTensor);
  tape.dispose();
  return { loss, gradient: numbers };
}

describe('the gradient of the logits with respect to an activation', () => {
  it.each([
    hookName(0, 'resid_pre'),
    hookName(0, 'attn_out'),
    hookName(0, 'resid_mid'),
    hookName(1, 'mlp_out'),
    hookName(1, 'resid_post'),
  ])('agrees with central differences at %s', (site) => {
    const value = Float64Array.from({ length: 80 }, () => random.normal());
    const { gradient } = lossFrom(site, value);
    const step = 1e-5;
    for (let i = 0; i < 80; i += 7) {
      const moved = (by: number) =>
        lossFrom(
          site,
          value.map((x, j) => (j === i ? x + by : x)),
        ).loss;
      const numeric = (moved(step) - moved(-step)) / (2 * step);
      expect(gradient[i]).toBeRelatively(numeric, 1e-5);
    }
  });

  it('leaves nothing alive but the weights', () => {
    const before = engine.usage().tensors;
    lossFrom(hookName(0, 'resid_mid'), new Float64Array(80).fill(0.1));
    expect(engine.usage().tensors).toBe(before);
  });
});
