import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { labelAucByHalf } from '../../main/compute/features/label-auc.ts';
import type { FeatureMajor } from '../../main/compute/features/activation-store.ts';
import { openSafetensors } from '../../main/formats/safetensors.ts';
import type { DemoAnswer } from '../../main/headless/print-demo.ts';
import { jobFiles, jobFolder, runFiles } from '../../main/jobs/job-folder.ts';
import { assay, assayJson } from '../support/cli.ts';
import { temporaryFolder } from '../support/folders.ts';

const sample = resolve(import.meta.dirname, '../../resources/sample');
const context = 128;
const notable = 0.9;

let folder: string;
let answer: DemoAnswer;
const env = () => ({ ASSAY_DEMO_PROJECT: folder });

/** One demo, trained for real, for all tests of this file. */
beforeAll(async () => {
  folder = join(temporaryFolder(), 'demo');
  const { code, document, stderr } = await assayJson<DemoAnswer>(['demo'], {
    env: env(),
    patience: 600_000,
  });
  expect(code, stderr).toBe(0);
  answer = document;
}, 620_000);

describe('the demo', () => {
  it('trains two dictionaries that explain most of the variance with few latents', () => {
    expect(answer.runs.map(({ seed, state }) => [seed, state])).toEqual([
      [0, 'succeeded'],
      [1, 'succeeded'],
    ]);
    for (const { metrics } of answer.runs) {
      expect(metrics['explainedVariance']).toBeGreaterThan(0.8);
      expect(metrics['l0']).toBeGreaterThan(5);
      expect(metrics['l0']).toBeLessThan(60);
    }
    const { mean, low, high } = answer.metrics['l0']!;
    const values = answer.runs.map(({ metrics }) => metrics['l0']!);
    expect(mean).toBeCloseTo((values[0]! + values[1]!) / 2, 9);
    expect(low).toBeLessThan(Math.min(...values));
    expect(high).toBeGreaterThan(Math.max(...values));
  });

  it('finds features that tell at least three properties on held-out tokens', () => {
    const told = new Set<string>();
    for (const { id, seed } of answer.runs) {
      const recovered = recoverFromFiles(id);
      const found = recovered.filter(({ auc }) => auc > notable);
      expect(found.length, JSON.stringify(recovered)).toBeGreaterThanOrEqual(2);
      for (const { property } of found) told.add(property);
      // What the demo says is what the files say.
      const said = answer.properties.filter((item) => item.seed === seed);
      expect(said).toHaveLength(recovered.length);
      for (const { property, feature, auc } of recovered) {
        const item = said.find((other) => other.property === property)!;
        expect(item.feature, property).toBe(feature);
        expect(item.auc, property).toBeCloseTo(auc, 5);
      }
    }
    expect(told.size, [...told].join()).toBeGreaterThanOrEqual(3);
  });

  it('finds features, in each seed, that know more than the token at hand', () => {
    for (const { seed } of answer.runs) {
      const contextual = answer.properties.filter(
        (item) => item.seed === seed && item.auc > notable && item.auc > item.tokenAuc + 0.03,
      );
      expect(contextual.length).toBeGreaterThanOrEqual(2);
    }
  });

  it('recovers the coefficients that the maze table was simulated with', () => {
    const truth = simulatedWith(readFileSync(join(sample, 'maze.csv'), 'utf8'));
    expect(Object.keys(truth)).toHaveLength(3);
    for (const [term, value] of Object.entries(truth)) {
      const row = answer.fit.coefficients.find((coefficient) => coefficient.term === term)!;
      expect(Math.abs(row.estimate! - value), term).toBeLessThan(3 * row.se!);
    }
    expect(answer.fit.dependencies.map(({ sentence }) => sentence)).toEqual([
      'steps_cheese_corner = steps_cheese_decision + steps_decision_corner',
    ]);
  });

  it('writes a report that shows which properties are told', () => {
    const html = readFileSync(answer.report.path, 'utf8');
    expect(statSync(answer.report.path).size).toBe(answer.report.bytes);
    for (const { property } of answer.properties) expect(html).toContain(property);
    expect(html).toContain('properties are told by one feature');
  });

  it('leaves the files of the project as they are in the sample', () => {
    const names = (path: string) => readdirSync(path).filter((name) => name !== '.assay');
    expect(names(folder)).toEqual(names(sample));
  });

  it('shows what is there when it is run again, and trains nothing twice', async () => {
    const again = await assayJson<DemoAnswer>(['demo'], { env: env() });
    expect(again.code, again.stderr).toBe(0);
    expect(again.document).toEqual(answer);
    const { stdout } = await assay(['demo'], { env: env() });
    expect(stdout).toContain(answer.report.path);
    expect(stdout).toMatch(/explained variance +0\.\d+ +0\.\d+ +0\.\d+ ± /);
    expect(stdout).toMatch(/properties of the stories are told by a single feature/);
  });
});

describe('the sample project', () => {
  it('is smaller than 12 MB', () => {
    const bytes = readdirSync(sample, { recursive: true, encoding: 'utf8' })
      .map((name) => statSync(join(sample, name)))
      .reduce((sum, info) => sum + (info.isFile() ? info.size : 0), 0);
    expect(bytes).toBeLessThan(12e6);
  });

  it('holds out stories that are not among those trained on', () => {
    const firstStories = (file: string) => {
      const reader = openSafetensors(join(sample, file));
      const ids = reader.ints('input_ids');
      reader.close();
      const rows = ids.length / context;
      // The opening of a story names its hero and place: sixty tokens do not repeat by chance.
      return Array.from({ length: rows }, (_, row) =>
        ids.subarray(row * context, row * context + 60).join(' '),
      );
    };
    const seen = new Set(firstStories('tokens_train.safetensors'));
    expect(firstStories('tokens_val.safetensors').filter((story) => seen.has(story))).toEqual([]);
  });
});

/** Best feature per property on the even held-out rows and its AUC on the odd ones, from what the run stored. */
function recoverFromFiles(run: string) {
  const path = join(jobFolder(folder, answer.job), run, runFiles.activations);
  expect(existsSync(path)).toBe(true);
  const stored = openSafetensors(path);
  const truth = openSafetensors(join(sample, 'labels_val.safetensors'));
  const pointers = Float64Array.from(stored.ints('pointers'));
  const counted = openSafetensors(join(jobFolder(folder, answer.job), jobFiles.tokens));
  const tokens = counted.tensors.get('input_ids')!.size;
  counted.close();
  const activations: FeatureMajor = {
    latents: pointers.length - 1,
    tokens,
    pointers,
    token: stored.ints('token'),
    value: stored.floats('value'),
  };
  const properties = [...truth.tensors.keys()].sort();
  const labels = properties.map((name) => Uint8Array.from(truth.ints(name, 0, tokens)));
  stored.close();
  truth.close();
  const scores = labelAucByHalf(activations, labels, context);
  return properties.map((property, k) => {
    const score = (feature: number) => scores[2 * (feature * properties.length + k)]!;
    let feature = 0;
    for (let other = 1; other < activations.latents; other++)
      if (score(other) > score(feature)) feature = other;
    return { property, feature, auc: aucByRanks(activations, feature, labels[k]!) };
  });
}

/** Mann and Whitney's statistic from the ranks of all odd-row tokens, unlike the one in compute/. */
function aucByRanks(activations: FeatureMajor, feature: number, label: Uint8Array): number {
  const { pointers, token, value, tokens } = activations;
  const dense = new Float64Array(tokens);
  for (let i = pointers[feature]!; i < pointers[feature + 1]!; i++) dense[token[i]!] = value[i]!;
  const odd = Array.from(dense.keys()).filter((t) => Math.floor(t / context) % 2 === 1);
  odd.sort((a, b) => dense[a]! - dense[b]!);
  let rankSum = 0;
  let positives = 0;
  for (let start = 0; start < odd.length;) {
    let end = start;
    while (end < odd.length && dense[odd[end]!] === dense[odd[start]!]) end++;
    for (let i = start; i < end; i++)
      if (label[odd[i]!]) {
        positives++;
        rankSum += (start + 1 + end) / 2;
      }
    start = end;
  }
  const negatives = odd.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** The coefficients that the header of the table names. */
function simulatedWith(table: string): Record<string, number> {
  const formula = table.split('\n').find((line) => /^# [\d.]+ [-+] [\d.]+ \w+/.test(line))!;
  return Object.fromEntries(
    [...formula.matchAll(/([-+]) ([\d.]+) (\w+)/g)].map(([, sign, size, term]) => [
      term!,
      Number(`${sign}${size}`),
    ]),
  );
}
