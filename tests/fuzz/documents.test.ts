import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parseStrictJson } from '../../main/formats/strict-json.ts';
import { readTable } from '../../main/formats/table.ts';
import { parseYaml } from '../../main/formats/yaml.ts';
import { AppError } from '../../shared/errors.ts';
import { mutated, Watch } from '../support/mutations.ts';
import { Random } from '../support/random.ts';

/** Of each hundred thousand, most are JSON, the quickest to read. */
const rounds = { json: 97_500, yaml: 2_000, table: 500 };

const folder = mkdtempSync(join(tmpdir(), 'assay-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));

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
  for (let round = 0; round < rounds.json; round++) {
    const bytes = mutated(random, text);
    watch.run(() => parseStrictJson(bytes.toString('utf8'), 'cfg.json'));
  }
  watch.end(0.05);
});

it('C5: YAML that was changed is read or refused', () => {
  const text = Buffer.from(
    'seed: 0\nlr: 5.0e-4\nloss: &loss\n  sparsity: {coeff: 1.5, p_norm: 1.0}\n  again: *loss\nsaes:\n  - a\n  - "b\\n"\n',
  );
  const random = new Random(8);
  const watch = new Watch();
  for (let round = 0; round < rounds.yaml; round++) {
    const bytes = mutated(random, text);
    watch.run(() => parseYaml(bytes.toString('utf8'), 'final_config.yaml'));
  }
  watch.end(0.05);
});

it('C5: tables that were changed are read or refused', async () => {
  const text = Buffer.from('a,b,"c d"\n1,x,"2 ""3"""\n-4.5e3,,\r\nNA,"y\nz",7\n');
  const random = new Random(9);
  const path = join(folder, 'table.csv');
  const before = process.memoryUsage().rss;
  for (let round = 0; round < rounds.table; round++) {
    writeFileSync(path, mutated(random, text));
    await readTable(path).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error;
    });
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(256 << 20);
});
