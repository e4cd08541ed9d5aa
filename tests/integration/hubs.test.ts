import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { assay, assayJson, startAssay, type CliError } from '../support/cli.ts';
import { temporaryFolder } from '../support/folders.ts';
import { goldenContent } from '../support/hub-stub/golden-content.ts';
import { startHubStub, type HubStub } from '../support/hub-stub/hub-stub.ts';

interface Imported {
  readonly dictionaries: { readonly id: string; readonly format: string; readonly dSae: number }[];
  readonly runs: string[];
  readonly warnings: string[];
  readonly hosts: string[];
}

const canary = 'canary-2f9c41d7e0b84a66';

let stub: HubStub;
let env: Record<string, string>;
beforeAll(async () => {
  stub = await startHubStub();
  stub.content = goldenContent();
  env = stub.environment;
});
afterEach(() => {
  stub.faults.clear();
  stub.requests.length = 0;
  stub.key = null;
});
afterAll(() => stub.close());

function importFrom(source: string, project: string, ...words: string[]) {
  return assayJson<Imported>(['import', source, '--project', project, ...words], { env });
}

function failImport(source: string, project: string, ...words: string[]) {
  return assayJson<CliError>(['import', source, '--project', project, ...words], { env });
}

test('what a hub holds is listed page by page, in the words of the command line', async () => {
  const { code, document } = await assayJson<{
    entries: { address: string; bytes: number | null; suggested: boolean }[];
    isWhole: boolean;
  }>(['hub', 'list', 'wandb:sparsify/gpt2/run0abc'], { env, cwd: temporaryFolder() });
  expect(code).toBe(0);
  expect(document.isWhole).toBe(true);
  expect(document.entries.filter(({ suggested }) => suggested)).toHaveLength(2);
  const { stdout } = await assay(['hub', 'list', 'hf:neuronpedia'], {
    env,
    cwd: temporaryFolder(),
  });
  expect(stdout).toMatch(/hf:neuronpedia\/saes/);
  expect(stdout).toContain(`contacted: ${new URL(stub.url).host}`);
});

test('a run of W&B becomes a dictionary, and a run with curves whose CE difference is turned', async () => {
  const project = temporaryFolder();
  const { code, document, stderr } = await importFrom('wandb:sparsify/gpt2/run0abc', project);
  expect(stderr).toMatch(/2 files, [\d,]+ bytes, [\d,]+ to fetch/);
  expect(code).toBe(0);
  expect(document.runs).toHaveLength(1);
  expect(document.dictionaries[0]).toMatchObject({ format: 'e2e_sae' });
  expect(document.hosts).toContain(stub.storageHost);
  const { document: shown } = await assayJson<{
    run: { metrics: Record<string, number>; imported: { from: string } };
    importNotes: string[];
  }>(['show', document.runs[0]!, '--project', project]);
  expect(shown.run.metrics).toMatchObject({ ceIncrease: 0.25, l0: 40 });
  expect(shown.run.imported.from).toBe('wandb:sparsify/gpt2/run0abc');
  expect(shown.importNotes.join(' ')).toContain('its sign is turned');
  // The files under their names were for the import alone; their contents stay in the cache.
  expect(readdirSync(join(project, '.assay/cache/hubs/files'))).toEqual([]);
});

test('the runs of a project come together as replicates', async () => {
  const project = temporaryFolder();
  const { document } = await importFrom('wandb:sparsify/gpt2', project, '--curves', 'sampled');
  expect(document.runs).toHaveLength(2);
  expect(document.dictionaries).toEqual([]);
  const { stdout } = await assay(['runs', '--project', project]);
  expect(stdout).toContain('40.5');
});

test('a folder, a file with its configuration and a whole repository of Hugging Face are imported', async () => {
  const project = temporaryFolder();
  const { document: folder } = await importFrom('hf:neuronpedia/saes/6-res', project);
  expect(folder.dictionaries[0]).toMatchObject({ format: 'saelens' });
  const { document: again } = await importFrom('hf:neuronpedia/saes@main', project);
  expect(again.dictionaries[0]!.id).toBe(folder.dictionaries[0]!.id);
  const before = stub.requests.filter(({ path }) => path.includes('/resolve/')).length;
  expect(before, 'each content is fetched once').toBe(
    new Set(stub.requests.map(({ path }) => path).filter((path) => path.includes('/resolve/')))
      .size,
  );
  const pt = Object.keys(stub.content.hf['apollo-research/e2e-saes']!.files).find((name) =>
    name.endsWith('.pt'),
  );
  const { document: file } = await importFrom(`hf:apollo-research/e2e-saes/${pt}`, project);
  expect(file.dictionaries).toHaveLength(1);
});

describe('with faults on the way', () => {
  const source = 'hf:neuronpedia/saes/6-res';

  test.each([1, 700, 1500, 2999])('a connection lost after %i bytes changes nothing', async (k) => {
    stub.faults.add({ path: /^storage/, dropAfter: k, times: 3 });
    const { code, document } = await importFrom(source, temporaryFolder());
    expect(code).toBe(0);
    expect(document.dictionaries).toHaveLength(1);
  });

  test('429 and 500 are waited out', async () => {
    stub.faults.add({ path: /tree/, status: 429, headers: { 'retry-after': '1' }, times: 1 });
    stub.faults.add({ path: /^storage/, status: 500, times: 1 });
    const { code } = await importFrom(source, temporaryFolder());
    expect(code).toBe(0);
  });

  test.each([
    [{ path: /^storage/, corrupt: true }, 'hash-mismatch', 'did not come as'],
    [{ path: /revision/, status: 401 }, 'needs-key', 'HF_TOKEN'],
    [{ path: /resolve/, status: 403 }, 'needs-key', 'HF_TOKEN'],
    [{ path: /revision/, status: 404 }, 'not-found', 'Check the address'],
    [{ path: /revision/, status: 429, headers: { 'retry-after': '900' } }, 'rate-limited', '900 s'],
    [{ path: /tree/, status: 200, body: 'no json' }, 'corrupt', 'not JSON'],
  ])('%o is an error in words', async (fault, code, words) => {
    stub.faults.add(fault);
    const { code: exit, document } = await failImport(source, temporaryFolder());
    expect(exit).toBe(1);
    expect(document.error).toMatchObject({
      code,
      message: expect.stringContaining(words) as string,
    });
  });

  test('a name that leads out of the folder is refused', async () => {
    const original = stub.content;
    const repo = original.hf['neuronpedia/saes']!;
    const files = { '6-res/../../../evil.safetensors': Buffer.from('x'), ...repo.files };
    stub.content = { ...original, hf: { 'neuronpedia/saes': { ...repo, files } } };
    const { document } = await failImport('hf:neuronpedia/saes', temporaryFolder());
    stub.content = original;
    expect(document.error).toMatchObject({ code: 'corrupt' });
    expect(document.error.message).toContain('could lie outside');
  });

  test('what is larger than allowed is refused before it is fetched', async () => {
    const { document } = await failImport(
      'hf:apollo-research/large/large.bin',
      temporaryFolder(),
      '--at-most',
      '0.001',
    );
    expect(document.error).toMatchObject({ code: 'too-large', details: { bytes: 2_000_000 } });
    expect(stub.requests.filter(({ server }) => server === 'storage')).toEqual([]);
  });
});

test('a download whose process was killed goes on where it was', async () => {
  const project = temporaryFolder();
  stub.faults.add({ path: /^storage/, slow: 20, piece: 20_000, times: 1 });
  const words = ['import', 'hf:apollo-research/large/large.bin', '--project', project];
  const running = startAssay(words, { env });
  await running.until(/large\.bin {2}\d+ %/);
  await new Promise((done) => setTimeout(done, 400));
  running.child.kill('SIGKILL');
  await running.ended;
  const partial = join(project, '.assay/cache/hubs/partial');
  const part = readdirSync(partial).find((name) => name.endsWith('.part'))!;
  const have = readFileSync(join(partial, part)).length;
  expect(have).toBeGreaterThan(0);
  expect(have).toBeLessThan(2_000_000);
  stub.requests.length = 0;
  const { code, stderr } = await assay(words, { env });
  expect(code, stderr).toBe(0);
  expect(stub.requests.find(({ server }) => server === 'storage')!.range).toBe(`bytes=${have}-`);
  expect(stderr).toContain('no dictionary and no results');
});

test('Ctrl-C stops a download, keeps what came, and says how to go on', async () => {
  const project = temporaryFolder();
  stub.faults.add({ path: /^storage/, slow: 20, piece: 10_000, times: 1 });
  const words = ['import', 'hf:apollo-research/large/large.bin', '--project', project];
  const running = startAssay(words, { env });
  await running.until(/large\.bin {2}\d+ %/);
  running.interrupt();
  const { code, stderr } = await running.ended;
  expect(code).toBe(130);
  expect(stderr).toContain('the same command goes on');
});

describe('a key', () => {
  /** Every byte under a folder, as text. */
  function everything(folder: string): string {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
      .join('\n');
  }

  const traces = [
    canary,
    Buffer.from(`api:${canary}`).toString('base64'),
    Buffer.from(canary).toString('base64').slice(0, 20),
  ];

  /** Arguments of all processes, and the environment of those that a process has started. */
  function processes(parent: number): { list: string; children: string } {
    let list = '';
    let children = '';
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      try {
        list += readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        const isChild = readFileSync(`/proc/${pid}/stat`, 'latin1').includes(` ${parent} `);
        if (isChild && Number(pid) !== parent)
          children += readFileSync(`/proc/${pid}/environ`, 'latin1');
      } catch {
        // It has ended in the meantime.
      }
    return { list, children };
  }

  test.each(['environment', 'project'])(
    'from the %s is used, and is in no file, output or process list',
    async (place) => {
      const project = temporaryFolder();
      const home = temporaryFolder();
      stub.key = canary;
      const keys = { WANDB_API_KEY: canary, HF_TOKEN: canary };
      if (place === 'project')
        writeFileSync(
          join(project, '.env'),
          `WANDB_API_KEY="${canary}"\nHF_TOKEN=${canary}\nWANDB_BASE_URL=https://evil.example\n`,
        );
      const options = {
        env: { ...env, ASSAY_HOME: home, ...(place === 'environment' ? keys : {}) },
      };
      stub.faults.add({ path: /^storage.*samples/, slow: 100, piece: 1_000, times: 1 });
      const running = startAssay(
        ['import', 'wandb:sparsify/gpt2/run0abc', '--project', project],
        options,
      );
      const seen = { list: '', children: '' };
      const look = setInterval(() => {
        if (process.platform !== 'linux') return;
        const now = processes(running.child.pid!);
        seen.list += now.list;
        seen.children += now.children;
      }, 100);
      const first = await running.ended;
      clearInterval(look);
      if (process.platform === 'linux') {
        expect(seen.list).toContain('wandb:sparsify/gpt2/run0abc');
        expect(seen.children, 'a worker was seen').toContain('PATH=');
      }
      expect(first.code, first.stderr).toBe(0);
      const second = await assay(['import', 'hf:neuronpedia/saes', '--project', project], options);
      stub.faults.add({ path: /.*/, status: 401 });
      const third = await assay(['import', 'hf:neuronpedia/saes', '--project', project], options);
      expect(second.code, second.stderr).toBe(0);
      expect(third.stderr).toContain('does not accept the key');
      const [run] = /run_\w+/.exec(first.stdout)!;
      const report = join(project, 'report.html');
      await assay(['report', run, '--project', project, '--out', report], options);
      const storage = stub.requests.filter(({ server }) => server === 'storage');
      expect(storage.length).toBeGreaterThan(0);
      expect(storage.every(({ authorization }) => authorization === undefined)).toBe(true);
      const files =
        everything(join(project, '.assay')) + everything(home) + readFileSync(report, 'latin1');
      const texts = [first, second, third].map(({ stdout, stderr }) => stdout + stderr).join('\n');
      for (const trace of traces) {
        expect(files.includes(trace), 'files').toBe(false);
        expect(texts.includes(trace), 'output').toBe(false);
        expect(seen.list.includes(trace), 'process list').toBe(false);
        expect(seen.children.includes(trace), 'environment of workers').toBe(false);
      }
    },
  );

  test('that is no key is refused without being repeated', async () => {
    const { document } = await assayJson<CliError>(
      ['import', 'wandb:sparsify/gpt2/run0abc', '--project', temporaryFolder()],
      { env: { ...env, WANDB_API_KEY: `${canary} two words` } },
    );
    expect(document.error.code).toBe('bad-input');
    expect(JSON.stringify(document)).not.toContain(canary);
  });
});
