import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { RandomStream } from '../../main/compute/random.ts';
import { assay, assayJson } from '../support/cli.ts';
import { temporaryFolder } from '../support/folders.ts';

let folder: string;
let fit: string;
beforeAll(async () => {
  folder = temporaryFolder();
  writeTable(3);
  const spec = { kind: 'regress', name: 'a fit', table: 'table.csv', formula: 'y ~ a + b' };
  writeFileSync(join(folder, 'fit.json'), JSON.stringify(spec));
  const words = ['run', join(folder, 'fit.json'), '--project', folder];
  const { code, document, stderr } = await assayJson<{ fits: { id: string }[] }>(words);
  expect(code, stderr).toBe(0);
  fit = document.fits[0]!.id;
});

function writeTable(seed: number): void {
  const random = new RandomStream(seed, 999);
  const rows = Array.from({ length: 50 }, () => {
    const [a, b] = [random.uniform(), random.uniform()];
    return `${a + b + random.uniform()},${a},${b}`;
  });
  writeFileSync(join(folder, 'table.csv'), ['y,a,b', ...rows].join('\n'));
}

async function reported(): Promise<string> {
  const out = join(folder, 'report.html');
  const { code, stderr } = await assay(['report', fit, '--project', folder, '--out', out]);
  expect(code, stderr).toBe(0);
  const page = readFileSync(out, 'utf8');
  return page.slice(page.indexOf('<main'), page.indexOf('</main>'));
}

it('reports a fit with the diagnostics of its table, or says why it has none', async () => {
  expect(await reported()).toMatch(/Largest leverage: [\d.]+ in row/);
  writeTable(4);
  const changed = await reported();
  expect(changed).not.toContain('Largest leverage');
  expect(changed).toContain('table.csv has changed since the fit.');
});
