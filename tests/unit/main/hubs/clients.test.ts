import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { HubHttp } from '../../../../main/hubs/http.ts';
import { HuggingFaceClient } from '../../../../main/hubs/hugging-face/client.ts';
import { askedPause } from '../../../../main/hubs/patience.ts';
import { WandbClient, type RunAddress } from '../../../../main/hubs/wandb/client.ts';
import { sampleHistory, scanHistory } from '../../../../main/hubs/wandb/history.ts';
import { failureOf } from '../../../support/host.ts';
import { commit, e2eRun } from '../../../support/hub-stub/content.ts';
import { startHubStub, type HubStub } from '../../../support/hub-stub/hub-stub.ts';

const patience = { answer: 500, silence: 500, tries: 1, pause: 1, longestPause: 50 };

let stub: HubStub;
beforeAll(async () => {
  stub = await startHubStub();
});
afterEach(() => {
  stub.faults.clear();
  stub.requests.length = 0;
});
afterAll(() => stub.close());

function http(title: string): HubHttp {
  const key = { authorization: undefined, keyAdvice: 'Set a key.' };
  return new HubHttp({ title, base: stub.url, ...key, patience });
}

describe('Weights & Biases', () => {
  const address: RunAddress = {
    hub: 'wandb',
    entity: 'sparsify',
    project: 'gpt2',
    run: 'run1abc',
    path: '',
  };
  const client = () => new WandbClient(http('Weights & Biases'));

  test('projects and runs are listed page by page', async () => {
    const projects = await client().projects('sparsify', null);
    expect(projects.items.map(({ name }) => name)).toContain('gpt2');
    expect(projects.items[0]!.changedAt).toBe(Date.UTC(2024, 4, 1, 10));
    const first = await client().runs('sparsify', 'tinystories-1m-2', null);
    const second = await client().runs('sparsify', 'tinystories-1m-2', first.next);
    expect([...first.items, ...second.items]).toHaveLength(100);
    expect(new Set([...first.items, ...second.items].map(({ name }) => name)).size).toBe(100);
  });

  test('config is unwrapped, and what concerns W&B alone is left out', async () => {
    const run = await client().run(address);
    expect(run.config).toMatchObject({ seed: 1, train_data: { n_ctx: 64 } });
    expect(run.config).not.toHaveProperty('_wandb');
    expect(run.summary['performance/eval/difference_ce_loss']).toBe(-0.25);
    expect(run).toMatchObject({ name: 'seed-1_lpcoeff-1.5', lastStep: 3996 });
  });

  test('files carry size and md5', async () => {
    const files = await client().files(address);
    expect(files.map(({ path }) => path)).toEqual(['final_config.yaml', 'samples_1000.pt']);
    expect(files[1]).toMatchObject({ bytes: 3000, checksum: { algorithm: 'md5' } });
  });

  test.each([7, 64, 1000, 5000])(
    'a history is whole and in order, asked for in pages of %i',
    async (page) => {
      const run = await client().run(address);
      const rows = [];
      for await (const row of scanHistory(client(), address, run, { page })) rows.push(row);
      const { history } = e2eRun('run1abc', 1);
      expect(rows.map(({ step }) => step)).toEqual(history.map(({ _step }) => _step));
      expect(rows.map(({ values }) => values['loss'])).toEqual(history.map(({ loss }) => loss));
    },
  );

  test('sampled curves keep rows of a name that was logged seldom', async () => {
    const run = await client().run(address);
    const rows = [];
    for await (const row of sampleHistory(client(), address, run)) rows.push(row);
    const seldom = rows.filter(({ values }) => 'performance/eval/difference_ce_loss' in values);
    expect(seldom).toHaveLength(100);
    expect(rows.map(({ step }) => step)).toEqual(
      [...rows.map(({ step }) => step)].sort((a, b) => a - b),
    );
  });

  test('what is not there, and what GraphQL says in words, are typed errors', async () => {
    expect(await failureOf(client().run({ ...address, run: 'none' }))).toMatchObject({
      code: 'not-found',
    });
    const say = (message: string) => {
      stub.faults.clear();
      const body = JSON.stringify({ data: null, errors: [{ message }] });
      stub.faults.add({ path: /graphql/, status: 200, body });
      return failureOf(client().run(address));
    };
    expect(await say('permission denied')).toMatchObject({ code: 'needs-key' });
    expect(await say('user is not logged in')).toMatchObject({ code: 'needs-key' });
    expect(await say('rate limit exceeded')).toMatchObject({ code: 'rate-limited' });
  });

  test('answers that are not of the protocol are corrupt, wherever they differ', async () => {
    for (const body of ['[]', '{"data":{"project":{"run":{"name":5}}}}', '{"data":7}', '<html>']) {
      stub.faults.clear();
      stub.faults.add({ path: /graphql/, status: 200, body });
      expect(await failureOf(client().run(address))).toMatchObject({ code: 'corrupt' });
    }
  });
});

describe('Hugging Face', () => {
  const address = {
    hub: 'hf',
    kind: 'model',
    owner: 'apollo-research',
    repo: 'e2e-saes',
    revision: null,
    path: '',
  } as const;
  const client = () => new HuggingFaceClient(http('Hugging Face'));

  test('repositories are listed, and a revision is pinned to its commit', async () => {
    const { items } = await client().repos('apollo-research', 'model', null);
    expect(items.map(({ name }) => name)).toEqual(['e2e-saes', 'empty']);
    expect(await client().commit(address)).toBe(commit);
    expect(await failureOf(client().commit({ ...address, revision: 'none' }))).toMatchObject({
      code: 'not-found',
    });
  });

  test('a tree is read through all its pages, with checksums of both kinds', async () => {
    const files = await client().files(address, commit);
    expect(stub.requests.length, 'pages of three').toBeGreaterThan(2);
    expect(files).toHaveLength(6);
    const of = (path: string) => files.find((file) => file.path === path);
    expect(of('e2e_layer_6.pt')).toMatchObject({
      bytes: 40_000,
      checksum: { algorithm: 'sha256' },
    });
    expect(of('README.md')!.checksum!.algorithm).toBe('git-sha1');
  });

  test('a folder and a file are found by their paths', async () => {
    const folder = await client().files({ ...address, path: 'folder' }, commit);
    expect(folder.map(({ path }) => path).sort()).toEqual([
      'folder/cfg.json',
      'folder/deeper/notes.txt',
      'folder/weights.safetensors',
    ]);
    const file = await client().files({ ...address, path: 'folder/cfg.json' }, commit);
    expect(file.map(({ path }) => path)).toEqual(['folder/cfg.json']);
  });
});

test('the pause that a hub asks for is read in each of its forms', () => {
  const asks = (headers: Record<string, string>) => askedPause(new Headers(headers), 1_000_000);
  expect(asks({ 'retry-after': '12' })).toBe(12);
  expect(asks({ 'retry-after': new Date(1_030_000).toUTCString() })).toBe(30);
  expect(asks({ ratelimit: '"api";r=0;t=240' })).toBe(240);
  expect(asks({})).toBe(null);
});
