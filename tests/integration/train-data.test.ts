import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSafetensors } from '../../main/formats/safetensors.ts';
import { forkLauncher } from '../../main/headless/launcher.ts';
import { startHost, type TestHost } from '../support/host.ts';
import { temporaryFolder } from '../support/folders.ts';
import { tinySpec } from '../support/tiny-project-files.ts';
import { makeTinyProject } from '../support/tiny-project.ts';

const golden = resolve(import.meta.dirname, '../golden');

/** Five epochs of the 60 rows of the tiny project. */
const training = { sequences: 300, batch: 8, microBatch: 4, learningRate: 1e-3, warmup: 40 };

interface Project extends TestHost {
  readonly folder: string;
  readonly project: string;
}

async function openProject(folder = makeTinyProject()): Promise<Project> {
  const test = startHost({ launcher: forkLauncher() });
  const { id: project } = await test.client.call('project.open', { path: folder });
  return { ...test, folder, project };
}

async function train(
  test: Project,
  changes: Record<string, unknown>,
  state = 'succeeded' as const,
) {
  const { client, until, project, folder } = test;
  const spec = tinySpec({ training, seeds: [0], ...changes });
  const { id } = await client.call('jobs.submit', { project, spec });
  const job = await until(project, id, 'succeeded', 'failed');
  expect(job.error).toBeNull();
  expect(job.state).toBe(state);
  const log = await client.call('jobs.log', { project, job: id, after: 0, limit: 100 });
  const [, read, computed] = /(\d+) parts of batches read from the disk, (\d+) computed/.exec(
    JSON.stringify(log),
  ) ?? [null, '0', '0'];
  const run = join(folder, '.assay/runs', id, job.runs[0]!);
  return {
    job,
    dictionary: readFileSync(join(run, 'dictionary.safetensors')),
    points: readFileSync(join(run, 'points.jsonl'), 'utf8'),
    provenance: JSON.parse(
      readFileSync(join(folder, '.assay/runs', id, 'provenance.json'), 'utf8'),
    ) as Record<string, unknown>,
    parts: { read: Number(read), computed: Number(computed) },
  };
}

function setsOf({ folder }: Project): string[] {
  const cache = join(folder, '.assay/cache/activations');
  return readdirSync(cache).map((name) => join(cache, name));
}

describe('activations that are kept on the disk', () => {
  const kept = { budget: '10 MB' };

  it('give the same weights and curves as a training without, bit for bit in float32', async () => {
    const test = await openProject();
    const plain = await train(test, {});
    const cold = await train(test, { activationCache: kept });
    expect(cold.dictionary).toEqual(plain.dictionary);
    expect(cold.points).toBe(plain.points);
    expect(cold.parts.read + cold.parts.computed).toBe(74);
    expect(cold.parts.read).toBeGreaterThan(50);

    const warm = await train(test, { activationCache: kept });
    expect(warm.dictionary).toEqual(plain.dictionary);
    expect(warm.parts).toEqual({ read: 74, computed: 0 });
    expect(setsOf(test)).toHaveLength(1);

    // A shard that was damaged, and one that was cut, are computed again.
    const shard = join(setsOf(test)[0]!, 'shard-00000.bin');
    const bytes = readFileSync(shard);
    bytes[20_000]! ^= 1;
    writeFileSync(shard, bytes.subarray(0, bytes.length - 3));
    const mended = await train(test, { activationCache: kept });
    expect(mended.dictionary).toEqual(plain.dictionary);
    expect(mended.parts.computed).toBeGreaterThan(0);
    expect(mended.parts.computed).toBeLessThan(5);
    expect((await train(test, { activationCache: kept })).parts.computed).toBe(0);
  }, 120_000);

  it('in float16 do not depend on what was kept before, and differ by their rounding', async () => {
    const test = await openProject();
    const half = { activationCache: { ...kept, dtype: 'float16' } };
    const cold = await train(test, half);
    const warm = await train(test, half);
    expect(warm.dictionary).toEqual(cold.dictionary);
    expect(warm.parts.computed).toBe(0);
    const plain = await train(test, {});
    expect(plain.dictionary).not.toEqual(cold.dictionary);
  }, 60_000);

  it('leave objectives that run the model alone, and serve the others', async () => {
    const test = await openProject();
    const objective = { preset: 'e2e', sparsity: { coefficient: 0.1 } };
    const plain = await train(test, { objective });
    const other = await train(test, { objective, activationCache: kept });
    expect(other.dictionary).toEqual(plain.dictionary);
    expect(other.parts).toEqual({ read: 0, computed: 0 });
  }, 60_000);

  it('keep to their budget: the oldest unused go, and a job that exceeds it is refused', async () => {
    const test = await openProject();
    // 60 rows of 12 x 16 float32 and their headers: 47 kB.
    const budget = { activationCache: { budget: '100 KB' } };
    await train(test, budget);
    const [first] = setsOf(test);
    await train(test, { ...budget, hook: 'blocks.0.hook_resid_mid' });
    expect(setsOf(test)).toHaveLength(2);
    await train(test, { ...budget, hook: 'blocks.0.hook_resid_pre' });
    expect(setsOf(test)).toHaveLength(2);
    expect(setsOf(test)).not.toContain(first);

    const { client, until, project } = test;
    const spec = tinySpec({ training, activationCache: { budget: '40 KB' } });
    const { id } = await client.call('jobs.submit', { project, spec });
    const { error } = await until(project, id, 'failed');
    expect(error).toMatchObject({ code: 'too-large', details: { needed: 47_040, budget: 40_000 } });
  }, 60_000);
});

describe('a training on tokens of another format', () => {
  it('gives the same weights from every one of them', async () => {
    const test = await openProject();
    const { folder } = test;
    cpSync(join(golden, 'token-files'), join(folder, 'data'), { recursive: true });
    const of = (file: string) => ({
      tokens: { file: `data/${file}` },
      evaluation: { tokens: { file: `data/${file}` }, sequences: 20, every: 300 },
      features: undefined,
    });
    const plain = await train(test, of('int32.safetensors'));
    for (const file of ['int64.npy', 'shards', 'ids.jsonl', 'zstd.parquet'])
      expect((await train(test, of(file))).dictionary).toEqual(plain.dictionary);
  }, 120_000);
});

describe('a training on text', () => {
  it('packs it once, says how in its provenance, and trains on rows like any others', async () => {
    const folder = temporaryFolder();
    const resources = resolve(import.meta.dirname, '../../resources/sample');
    cpSync(join(resources, 'model'), join(folder, 'model'), { recursive: true });
    mkdirSync(join(folder, 'texts'));
    copyFileSync(join(golden, 'packing/corpus.jsonl'), join(folder, 'texts/corpus.jsonl'));
    const test = await openProject(folder);
    const tokens = { file: 'texts', context: 32, text: { packing: 'concatenate', bos: true } };
    const spec = {
      tokens,
      dictionary: { latents: 64 },
      evaluation: { tokens, sequences: 20 },
      features: { tokens, sequences: 30 },
      training: { sequences: 64, batch: 8, learningRate: 1e-3 },
    };
    const { client, project } = test;
    const submitted = tinySpec({ ...spec, seeds: [0] });
    const before = await client.call('jobs.check', { project, spec: submitted });
    expect(before.estimate!.memoryBytes).toBeGreaterThan(256e6);
    const { provenance, dictionary } = await train(test, spec);
    expect(provenance).toMatchObject({
      packed: {
        texts: {
          packing: 'concatenate',
          bos: true,
          context: 32,
          documents: 1250,
          empty: 14,
          rows: 529,
          files: ['corpus.jsonl'],
        },
      },
    });
    const after = await client.call('jobs.check', { project, spec: submitted });
    expect(after.estimate!.memoryBytes).toBe(before.estimate!.memoryBytes - 256e6 + 4 * (529 - 64));
    const cache = join(folder, '.assay/cache/tokens');
    const [name] = readdirSync(cache);
    expect(readdirSync(cache)).toEqual([name, `${name}.users`]);
    const made = openSafetensors(join(cache, name!));
    const wanted = openSafetensors(join(golden, 'packing/rows.safetensors'));
    expect([...made.ints('input_ids')]).toEqual([...wanted.ints('concatenate.bos')]);
    made.close();

    copyFileSync(join(cache, name!), join(folder, 'rows.safetensors'));
    const rows = { file: 'rows.safetensors' };
    const plain = await train(test, {
      ...spec,
      tokens: rows,
      evaluation: { tokens: rows, sequences: 20 },
      features: { tokens: rows, sequences: 30 },
    });
    expect(plain.dictionary).toEqual(dictionary);
  }, 60_000);

  it('is refused where nothing says how it is packed', async () => {
    const test = await openProject();
    writeFileSync(join(test.folder, 'story.txt'), 'Once upon a time.\n');
    const { client, until, project } = test;
    const spec = tinySpec({ tokens: { file: 'story.txt' } });
    const { id } = await client.call('jobs.submit', { project, spec });
    const { error } = await until(project, id, 'failed');
    expect(error).toMatchObject({ code: 'bad-spec', details: { place: 'text' } });
  });
});
