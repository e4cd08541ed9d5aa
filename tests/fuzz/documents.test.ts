import { setImmediate } from 'node:timers/promises';
import { it } from 'vitest';
import { parseStrictJson } from '../../main/formats/strict-json.ts';
import { parseYaml } from '../../main/formats/yaml.ts';
import { mutated, Watch } from '../support/mutations.ts';
import { Random } from '../support/random.ts';

const rounds = 100_000;
const patience = 600_000;

const config = {
  d_in: 8,
  d_sae: 24,
  architecture: 'jumprelu',
  apply_b_dec_to_input: true,
  metadata: { hook_name: 'blocks.6.hook_resid_pre', list: [1, 2.5, -3e-7, null, 'ü\u0001'] },
};

it('C5: JSON that was changed is read or refused', () => {
  const text = Buffer.from(JSON.stringify(config));
  const random = new Random(7);
  const watch = new Watch();
  for (let round = 0; round < rounds; round++) {
    const bytes = mutated(random, text);
    watch.run(() => parseStrictJson(bytes.toString('utf8'), 'cfg.json'));
  }
  watch.end(0.05);
});

it(
  'C5: YAML that was changed is read or refused',
  async () => {
    const texts = [
      'seed: 0\nlr: 5.0e-4\nloss: &loss\n  p: {coeff: 1.5}\n  again: *loss\nsaes:\n  - a\n  - "b\\n"\n',
      'a: |\n  b\n? c\n: [1, ~, 0x1f]\n',
    ].map((text) => Buffer.from(text));
    const random = new Random(8);
    const watch = new Watch();
    for (let round = 0; round < rounds; round++) {
      const bytes = mutated(random, texts[round % 2]!);
      watch.run(() => parseYaml(bytes.toString('utf8'), 'final_config.yaml'));
      if (round % 500 === 0) await setImmediate();
    }
    watch.end(0.05);
  },
  patience,
);
