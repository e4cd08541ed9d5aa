import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FetchedTensors } from '../../shared/contract/comparisons.ts';
import { comparisonMeasures, levelOf } from '../../shared/domain/comparison.ts';
import { openSafetensors } from '../../main/formats/safetensors.ts';
import { forkLauncher } from '../../main/headless/launcher.ts';
import type { CompareAnswer } from '../../main/headless/compare/describe-comparison.ts';
import { assay, assayJson, type CliError } from '../support/cli.ts';
import { failureOf, startHost, type TestHost } from '../support/host.ts';
import { tinySpec } from '../support/tiny-project-files.ts';
import { makeTinyProject } from '../support/tiny-project.ts';

const variants = [
  { objective: { sparsity: { coefficient: 0.2 } } },
  { objective: { preset: 'e2e', sparsity: { coefficient: 0.1 } } },
];
const seeds = [0, 7];
const training = { sequences: 240, batch: 8, learningRate: 1e-3 };

async function finish({ client, until }: TestHost, project: string, spec: Record<string, unknown>) {
  const { id } = await client.call('jobs.submit', { project, spec });
  const job = await until(project, id, 'succeeded', 'failed');
  expect(job.error).toBeNull();
  return job;
}

/** A host on a project with four dictionaries, of two objectives and two seeds. */
async function start() {
  const folder = makeTinyProject();
  const test = startHost({ launcher: forkLauncher() });
  const { client } = test;
  const { id: project } = await client.call('project.open', { path: folder });
  await finish(test, project, tinySpec({ variants, seeds, training }));
  const rows = await client.call('dictionaries.list', { project });
  const dictionaries = rows.map(({ id }) => id);
  expect(dictionaries).toHaveLength(4);
  return { ...test, folder, project, dictionaries };
}

const compareSpec = (dictionaries: readonly string[], changes: object = {}) => ({
  kind: 'compare',
  name: 'across seeds',
  dictionaries,
  tokens: { file: 'tokens.safetensors' },
  sequences: 40,
  minimumCount: 5,
  resamples: 100,
  engine: 'wasm',
  threads: 1,
  ...changes,
});

/** The arrays behind a handle, as a page sees them. */
function fetched({ host }: TestHost, { url, bytes, tensors }: FetchedTensors) {
  const { path } = host.blobs.find(url.slice('/blob/'.length))!;
  const file = readFileSync(path);
  expect(file.byteLength).toBe(bytes);
  const { buffer } = new Uint8Array(file);
  return new Map(
    tensors.map(({ name, dtype, shape, offset }) => {
      const length = shape.reduce((product, size) => product * size, 1);
      const View = dtype === 'I32' ? Int32Array : Float32Array;
      return [name, new View(buffer, offset, length)];
    }),
  );
}

describe('a job that compares dictionaries', () => {
  it('leaves a matrix, pairs, columns and features that agree with each other', async () => {
    const test = await start();
    const { client, project, dictionaries, folder } = test;
    const { id: job } = await finish(test, project, compareSpec(dictionaries));
    const [row, ...others] = await client.call('comparisons.list', { project });
    expect(others).toEqual([]);
    expect(row).toMatchObject({ job, dictionaries: 4, pairs: 6, minimumCount: 5 });
    const comparison = row!.id;

    const detail = await client.call('comparisons.get', { project, comparison });
    expect(detail.list.map(({ dictionary }) => dictionary)).toEqual(dictionaries);
    const names = new Set(detail.list.map(({ groupName }) => groupName));
    expect(names).toEqual(new Set(['local', 'e2e']));
    expect(new Set(detail.list.map(({ group }) => group)).size).toBe(2);

    for (const measure of comparisonMeasures) {
      const matrix = await client.call('comparisons.matrix', { project, comparison, measure });
      expect(matrix.minimumCount).toBe(5);
      expect(matrix.pairs).toHaveLength(6);
      expect(matrix.groups.map(({ bothWays }) => bothWays.n)).toEqual([1, 4, 1]);
      const [first] = matrix.pairs;
      const { a, b } = first!;
      const pair = { project, comparison, a, b, measure };
      const { detail: full } = await client.call('comparisons.pair', pair);
      expect(full.levels[levelOf(5)]!.aToB).toMatchObject(first!.aToB);
      const turned = await client.call('comparisons.pair', { ...pair, a: b, b: a });
      expect(turned.detail.levels[0]!.aToB).toEqual(full.levels[0]!.bToA);

      const { tensors, url, bytes } = await client.call('comparisons.columns', pair);
      const columns = fetched(test, { tensors, url, bytes });
      const n = detail.list[a]!.latents;
      const level = levelOf(5);
      const values = columns.get('a_to_b_value')!.subarray(level * n, (level + 1) * n);
      const kept = [...values].filter((value) => !Number.isNaN(value));
      expect(kept).toHaveLength(first!.aToB.n);
      const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length;
      if (kept.length > 0) expect(mean).toBeCloseTo(first!.aToB.mean!, 5);
    }

    const features = fetched(
      test,
      await client.call('comparisons.features', { project, comparison, dictionary: 0 }),
    );
    const sibling = detail.list.findIndex(
      ({ group }, place) => place > 0 && group === detail.list[0]!.group,
    );
    const { tensors, url, bytes } = await client.call('comparisons.columns', {
      project,
      comparison,
      a: 0,
      b: sibling,
      measure: 'jaccard',
    });
    const { latents, kept } = detail.list[0]!;
    const best = fetched(test, { tensors, url, bytes })
      .get('a_to_b_value')!
      .subarray(levelOf(5) * latents, (levelOf(5) + 1) * latents);
    expect(features.get('stability_jaccard_mean')).toEqual(best);
    expect(features.get('stability_jaccard_least')).toEqual(best);
    expect(features.get('count')!.filter((count) => count >= 5)).toHaveLength(kept);
    expect(existsSync(join(folder, '.assay/runs', job, 'activations'))).toBe(false);

    await client.call('comparisons.delete', { project, comparison });
    expect(await client.call('comparisons.list', { project })).toEqual([]);
    expect(existsSync(join(folder, '.assay/runs', job, 'pairs'))).toBe(false);
    await expect(client.call('comparisons.get', { project, comparison })).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(test.bugs).toEqual([]);
  }, 90_000);

  it('goes on after the last finished pair, with the same figures', async () => {
    const test = await start();
    const { client, project, dictionaries, folder, until } = test;
    const spec = compareSpec(dictionaries, { resamples: 500 });
    const whole = await finish(test, project, spec);
    const { id: job } = await client.call('jobs.submit', { project, spec });
    const made = join(folder, '.assay/runs', job, 'pairs/0-1/summary.json');
    for (const end = Date.now() + 30_000; !existsSync(made) && Date.now() < end;)
      await new Promise((done) => setTimeout(done, 5));
    await client.call('jobs.act', { project, job, action: 'cancel' });
    const stopped = await until(project, job, 'cancelled', 'succeeded');
    if (stopped.state === 'cancelled') {
      await client.call('jobs.act', { project, job, action: 'requeue' });
      await until(project, job, 'succeeded', 'failed');
    }
    const log = await client.call('jobs.log', { project, job, after: 0, limit: 100 });
    const lines = log.lines.filter(({ message }) => message.startsWith('Compared 0 with 1'));
    expect(lines).toHaveLength(1);
    for (const [a, b] of [
      [0, 1],
      [2, 3],
    ])
      for (const name of ['summary.json', 'correlation.safetensors'])
        expect(readFileSync(join(folder, '.assay/runs', job, `pairs/${a}-${b}`, name))).toEqual(
          readFileSync(join(folder, '.assay/runs', whole.id, `pairs/${a}-${b}`, name)),
        );
  }, 90_000);

  it('takes dictionaries by path, and says what cannot be compared', async () => {
    const test = await start();
    const { client, project, dictionaries, folder, until } = test;
    const [row] = await client.call('dictionaries.list', { project });
    const path = join('.assay/runs', row!.job!, row!.run!, 'dictionary.safetensors');
    const some = { measures: ['decoder', 'jaccard'], pairs: [[1, 0]] };
    await finish(test, project, compareSpec([dictionaries[1]!, path], some));
    const [{ id: comparison } = { id: '' }] = await client.call('comparisons.list', { project });
    const detail = await client.call('comparisons.get', { project, comparison });
    expect(detail).toMatchObject({ compared: [{ a: 1, b: 0 }], measures: some.measures });
    expect(detail.list[1]).toMatchObject({ source: path, dictionary: null });
    const missing = { project, comparison, measure: 'encoder' } as const;
    await expect(client.call('comparisons.matrix', missing)).rejects.toMatchObject({
      code: 'not-found',
    });

    const failing = async (spec: Record<string, unknown>) => {
      const { id } = await client.call('jobs.submit', { project, spec });
      const { error } = await until(project, id, 'succeeded', 'failed');
      return error;
    };
    const unknown = await failing(compareSpec([dictionaries[0]!, 'dict_000000000000']));
    expect(unknown).toMatchObject({ code: 'not-found' });
    const many = await failing(compareSpec(dictionaries, { sequences: 1_000_000 }));
    expect(many).toMatchObject({ code: 'bad-spec', details: { place: 'sequences' } });
    const twice = compareSpec([dictionaries[0]!, dictionaries[0]!]);
    expect(await failureOf(client.call('jobs.submit', { project, spec: twice }))).toMatchObject({
      code: 'bad-spec',
      details: { place: 'dictionaries' },
    });
    expect(openSafetensors(join(folder, path)).tensors.has('W_dec')).toBe(true);
  }, 90_000);

  it('is a verb of the command line, whose report can be written', async () => {
    const { client, project, dictionaries, folder } = await start();
    await client.call('project.close', { project });
    const chosen = dictionaries.slice(0, 2);
    const words = ['compare', ...chosen, '--project', folder, '--resamples', '50'];
    const { code, document, stderr } = await assayJson<CompareAnswer>([
      ...words,
      '--min-count',
      '5',
    ]);
    expect(code, stderr).toBe(0);
    expect(document).toMatchObject({ minimumCount: 5, pairs: [{ a: 0, b: 1 }] });
    for (const measure of comparisonMeasures) {
      const { aToB, bToA, mutual, oneToOne } = document[measure]!;
      for (const { n, dropped, mean } of [aToB, bToA, mutual, oneToOne]) {
        expect(n + dropped).toBe(document.dictionaries[0]!.latents);
        expect(mean === null).toBe(n === 0);
      }
      expect(oneToOne.total).toBeLessThanOrEqual(oneToOne.bound + 1e-9);
    }
    const out = join(folder, 'comparison.html');
    const report = await assay(['report', document.comparison, '--project', folder, '--out', out]);
    expect(report.code, report.stderr).toBe(0);
    expect(readFileSync(out, 'utf8')).toContain('Best matches by decoder cosine');
    const usage = await assayJson<CliError>([...words, '--measures', 'cosine']);
    expect(usage).toMatchObject({ code: 2, document: { error: { code: 'usage' } } });
  }, 90_000);
});
