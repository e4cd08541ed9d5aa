import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { DashboardSink } from '../../../../main/formats/dashboards/dashboard.ts';
import { readSaeDashboard } from '../../../../main/formats/dashboards/read-saedashboard.ts';
import { WordTable } from '../../../../main/formats/dashboards/word-table.ts';
import { temporaryFolder } from '../../../support/folders.ts';

const golden = join(import.meta.dirname, '../../../golden/dashboards/saedashboard');
const files = [0, 1].map((number) => join(golden, `batch-${number}.json`));
const ways = [
  ['at once', undefined],
  ['feature by feature', 0],
] as const;

/** All that a reader tells, in its order. */
async function told(paths: readonly string[], largestWhole?: number) {
  const said: unknown[] = [];
  const words = new WordTable();
  const sink: DashboardSink = {
    words,
    feature: (feature) => said.push(feature),
    example: (feature, { tokens, values, at, isTop }) =>
      said.push({ feature, tokens: [...tokens], values: [...values], at, isTop }),
    label: (label) => said.push(label),
    skipped: (features) => said.push(features),
    note: (sentence) => said.push(sentence),
  };
  const head = await readSaeDashboard(paths, sink, () => Promise.resolve(), largestWhole);
  return { head, said, words: words.words() };
}

it('a batch tells the same, read at once or feature by feature', async () => {
  const whole = await told(files);
  expect(whole.said.length).toBeGreaterThan(20);
  expect(await told(files, 0)).toEqual(whole);
});

it.each(ways)('a batch that was cut off is said to be, read %s', async (_, largestWhole) => {
  const bytes = readFileSync(files[0]!);
  const path = join(temporaryFolder(), 'batch-0.json');
  for (let end = 1; end < bytes.length; end += 97) {
    writeFileSync(path, bytes.subarray(0, end));
    await expect(told([path], largestWhole)).rejects.toMatchObject({
      code: 'truncated',
      details: { file: path, place: `byte ${end}` },
    });
  }
});
