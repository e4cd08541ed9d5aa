import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../main/compute/engines/reference/reference-engine.ts';
import { parseHook } from '../../../main/compute/model/hooks.ts';
import { openTransformer } from '../../../main/compute/model/open-transformer.ts';
import type { Transformer } from '../../../main/compute/model/transformer.ts';
import { squaredError } from '../../../main/compute/ops/dense.ts';
import { Tape } from '../../../main/compute/tape.ts';
import { goldenModels, openGoldenModel } from '../../support/golden-models.ts';
import { Random } from '../../support/random.ts';

const engine = createReferenceEngine();
const sequences = 2;
const length = 9;
const rows = sequences * length;

/** Sum of squares of the logits, with `value` put in at a hook point, and its gradient there. */
function lossFrom(model: Transformer, site: string, value: Float64Array) {
  const { width, layers, vocabulary } = model.config;
  const tape = new Tape(engine);
  const [held, target] = [engine.floats(value, [rows, width]), engine.zeros([rows, vocabulary])];
  const parameter = tape.parameter(held);
  const ids = Int32Array.from({ length: rows }, (_, i) => (i * 7 + 3) % vocabulary);
  const batch = { ids, sequences, length };
  const logits = tape.frame(() => {
    const embedded = model.embed(tape, batch);
    const range = { from: 0, to: layers };
    const hook = (name: string, x: typeof embedded) => (name === site ? parameter : x);
    return model.unembed(
      tape,
      model.finalNorm(tape, model.blocks(tape, embedded, range, batch, hook)),
    );
  });
  const errors = squaredError(tape, logits, tape.constant(target));
  const loss = engine.sum(errors.value);
  tape.backward([{ variable: errors, weight: 1 }]);
  const gradient = tape.gradient(parameter)!;
  const numbers = engine.read(gradient);
  engine.dispose(gradient, held, target);
  tape.dispose();
  return { loss, gradient: numbers };
}

describe.each(goldenModels)('the gradient of the logits of %s', (name) => {
  const sites = ['resid_pre', 'attn_out', 'mlp_out'].map((site) => `blocks.0.hook_${site}`);
  it.each(sites)('agrees with central differences at %s', (site) => {
    const { folder, golden } = openGoldenModel(name);
    const model = openTransformer(engine, folder);
    const alive = engine.usage().tensors;
    expect(parseHook(site, model.config).layer).toBe(0);
    const random = new Random(3);
    const value = Float64Array.from({ length: rows * model.config.width }, () => random.normal());
    const { gradient } = lossFrom(model, site, value);
    const largest = Math.max(...[...gradient].map(Math.abs));
    expect(largest).toBeGreaterThan(0.01);
    const step = 1e-5;
    for (let i = 0; i < value.length; i += 37) {
      const moved = (by: number) =>
        lossFrom(
          model,
          site,
          value.map((x, j) => (j === i ? x + by : x)),
        ).loss;
      const numeric = (moved(step) - moved(-step)) / (2 * step);
      expect(Math.abs(gradient[i]! - numeric), `entry ${i}`).toBeLessThan(1e-6 * largest);
    }
    // The tables of rotations grow with the first pass.
    expect(engine.usage().tensors).toBe(alive + (model.config.rotary ? 2 : 0));
    model.dispose();
    folder.weights.close();
    golden.close();
  });
});
