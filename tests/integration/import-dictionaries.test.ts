import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { forkLauncher } from '../../main/headless/launcher.ts';
import { openSafetensors } from '../../main/formats/safetensors.ts';
import { writeSafetensors } from '../../main/formats/safetensors-writer.ts';
import type { Output } from '../../shared/contract/index.ts';
import type { JobProgress } from '../../shared/contract/jobs.ts';
import { assay } from '../support/cli.ts';
import { temporaryFolder } from '../support/folders.ts';
import { failureOf, startHost } from '../support/host.ts';
import { Random } from '../support/random.ts';

const golden = resolve(import.meta.dirname, '../golden/dictionaries');

async function opened() {
  const test = startHost({ launcher: forkLauncher(undefined) });
  const folder = temporaryFolder();
  const { id: project } = await test.client.call('project.open', { path: folder });
  const bring = (path: string) => test.client.call('dictionaries.import', { project, path });
  return { ...test, project, folder, bring };
}

/** Golden inputs in a file of their own. */
function inputOf(name: string, dictionary: string, folder: string): string {
  const reader = openSafetensors(join(golden, 'expected', `${name}.safetensors`));
  const shape = reader.tensors.get(`${dictionary}/x`)!.shape;
  const path = join(folder, 'x.safetensors');
  writeSafetensors(path, [{ name: 'x', shape, data: reader.floats(`${dictionary}/x`) }]);
  reader.close();
  return path;
}

function expectGolden(file: string, name: string, dictionary: string): void {
  const [found, expected] = [file, join(golden, 'expected', `${name}.safetensors`)].map(
    openSafetensors,
  );
  for (const tensor of ['features', 'reconstruction']) {
    const wanted = expected!.floats(`${dictionary}/${tensor}`);
    found!.floats(tensor).forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 4));
  }
  found!.close();
  expected!.close();
}

describe('an import', () => {
  it('brings every dictionary of a file, with where it came from', async () => {
    const { client, project, bring } = await opened();
    const path = join(golden, 'e2e-run');
    const progress: JobProgress[] = [];
    client.subscribe(
      'dictionaries.importing',
      { project },
      {
        event: (event) => progress.push(event.progress),
        missed: () => undefined,
      },
    );
    const { dictionaries, warnings } = await bring(path);
    expect(warnings).toEqual([]);
    expect(dictionaries.map(({ hook, dSae, wasThere }) => ({ hook, dSae, wasThere }))).toEqual([
      { hook: 'blocks.2.hook_resid_pre', dSae: 24, wasThere: false },
      { hook: 'blocks.6.hook_resid_pre', dSae: 24, wasThere: false },
      { hook: 'blocks.10.hook_mlp_out', dSae: 8, wasThere: false },
    ]);
    const rows = await client.call('dictionaries.list', { project });
    expect(rows.map(({ id }) => id).toSorted()).toEqual(
      dictionaries.map(({ id }) => id).toSorted(),
    );
    expect(rows[0]).toMatchObject({
      run: null,
      job: null,
      seed: null,
      model: 'gpt2-small',
      dIn: 8,
    });
    const { source } = await client.call('dictionaries.get', { project, dictionary: rows[0]!.id });
    expect(source).toMatchObject({
      format: 'e2e_sae',
      path,
      config: { tlens_model_name: 'gpt2-small' },
    });
    expect(source!.conversions[0]).toContain('norms');
    expect(progress.at(-1)).toMatchObject({ done: progress[0]!.total, unit: 'bytes' });
  });

  it('of the same dictionary a second time, or of its export, stores nothing', async () => {
    const { client, project, folder, bring } = await opened();
    const first = (await bring(join(golden, 'saelens-topk'))).dictionaries[0]!;
    const again = (await bring(join(golden, 'saelens-topk'))).dictionaries[0]!;
    expect(again).toEqual({ ...first, wasThere: true });
    const told: { dictionary: string; progress: JobProgress }[] = [];
    client.subscribe(
      'dictionaries.exporting',
      { project },
      { event: (event) => told.push(event), missed: () => undefined },
    );
    for (const format of ['saelens', 'safetensors'] as const) {
      const out = format === 'saelens' ? join(folder, format) : undefined;
      const written = await client.call('dictionaries.export', {
        project,
        dictionary: first.id,
        format,
        path: out,
      });
      expect(dirname(written.path)).toBe(out ? folder : join(folder, '.assay', 'exports'));
      expect(written.files.every(({ bytes }) => bytes > 0)).toBe(true);
      expect((await bring(written.path)).dictionaries[0]).toMatchObject({
        id: first.id,
        wasThere: true,
      });
    }
    expect(await client.call('dictionaries.list', { project })).toHaveLength(1);
    expect(told.at(-1)).toMatchObject({ dictionary: first.id, progress: { unit: 'bytes' } });
    expect(told.at(-1)!.progress.done).toBe(told[0]!.progress.total);
  });

  it('tells a dictionary from another one that lies under its id', async () => {
    const { client, project, folder, bring } = await opened();
    const path = join(golden, 'saelens-topk');
    const first = (await bring(path)).dictionaries[0]!;
    const stored = join(folder, '.assay', 'dictionaries', first.id, 'dictionary.safetensors');
    const bytes = readFileSync(stored);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(stored, bytes);
    const second = (await bring(path)).dictionaries[0]!;
    expect(second).toMatchObject({ wasThere: false });
    expect(second.id).not.toBe(first.id);
    expect((await bring(path)).dictionaries[0]).toEqual({ ...second, wasThere: true });
    expect(await client.call('dictionaries.list', { project })).toHaveLength(2);
  });

  it('knows how many latents fire, where the files say so', async () => {
    const { client, project, bring } = await opened();
    await bring(join(golden, 'saelens-sparsity'));
    expect((await client.call('dictionaries.list', { project }))[0]!.alive).toBe(20);
  });

  it('is found again after the database was lost', async () => {
    const { client, project, folder, bring } = await opened();
    const { id } = (await bring(join(golden, 'dl-gated'))).dictionaries[0]!;
    await client.call('project.close', { project });
    for (const name of readdirSync(join(folder, '.assay')))
      if (name.startsWith('assay.db')) rmSync(join(folder, '.assay', name));
    const left = join(folder, '.assay', 'dictionaries', 'half.tmp');
    cpSync(join(folder, '.assay', 'dictionaries', id), left, { recursive: true });
    await client.call('project.open', { path: folder });
    expect(
      (await client.call('dictionaries.get', { project, dictionary: id })).source!.format,
    ).toBe('dictionary_learning');
    expect(existsSync(left)).toBe(false);
  });

  it('that is cancelled leaves nothing behind', async () => {
    const { client, project, folder } = await opened();
    const path = join(folder, 'large');
    const random = new Random(1);
    const [d, n] = [256, 40_000];
    const numbers = (count: number) => Float32Array.from({ length: count }, () => random.uniform());
    const tensors = [
      { name: 'w_enc', shape: [d, n], data: new Float32Array(d * n).fill(0.1) },
      { name: 'w_dec', shape: [n, d], data: new Float32Array(d * n).fill(0.1) },
      { name: 'b_enc', shape: [n], data: numbers(n) },
      { name: 'threshold', shape: [n], data: numbers(n) },
      { name: 'b_dec', shape: [d], data: numbers(d) },
    ];
    writeSafetensors(`${path}.safetensors`, tensors);
    const abort = new AbortController();
    client.subscribe(
      'dictionaries.importing',
      { project },
      {
        event: () => abort.abort(),
        missed: () => undefined,
      },
    );
    const input = { project, path: `${path}.safetensors` };
    const failure = await failureOf(
      client.call('dictionaries.import', input, { signal: abort.signal }),
    );
    expect(failure).toMatchObject({ code: 'cancelled' });
    await expect
      .poll(() => readdirSync(join(folder, '.assay', 'dictionaries')), { timeout: 10_000 })
      .toEqual([]);
    expect(await client.call('dictionaries.list', { project })).toEqual([]);
  });

  it.each([
    ['nowhere', { code: 'not-found' }],
    ['an empty folder', { code: 'not-found' }],
    ['a pickle', { code: 'unsupported', message: expect.stringContaining('save_file') as string }],
    ['a relative path', { code: 'bad-input' }],
  ])('of %s is refused with words', async (what, expected) => {
    const { client, project, folder, bring } = await opened();
    const pickle = join(folder, 'ae.pt');
    writeFileSync(pickle, Buffer.from('\x80\x02cos\nsystem\n(S"id"\ntR.', 'latin1'));
    const paths: Record<string, string> = {
      nowhere: join(folder, 'nothing'),
      'an empty folder': temporaryFolder(),
      'a pickle': pickle,
      'a relative path': 'ae.pt',
    };
    expect(await failureOf(bring(paths[what]!))).toMatchObject(expected);
    expect(await client.call('dictionaries.list', { project })).toEqual([]);
  });
});

describe('the commands', () => {
  it('import, encode by id and by path, and export', async () => {
    const project = temporaryFolder();
    const path = join(golden, 'sparsify-root');
    const name = 'sparsify-root/layers.2/seed1';
    const brought = await assay(['import', path, '--project', project, '--json']);
    const { dictionaries } = JSON.parse(brought.stdout) as Output<'dictionaries.import'>;
    expect(dictionaries.map((found) => found.hook)).toEqual([
      ...Array<string>(2).fill('blocks.0.hook_attn_out'),
      ...Array<string>(2).fill('blocks.2.hook_resid_post'),
    ]);
    const { id } = dictionaries.find((found) => found.name === name)!;
    const input = inputOf('sparsify-root', name, project);
    for (const dictionary of [id, `${path}#${name}`]) {
      const out = join(project, 'features.safetensors');
      const words = ['encode', dictionary, '--project', project, '--input', input, '--out', out];
      expect((await assay(words)).stderr).toBe('');
      expectGolden(out, 'sparsify-root', name);
    }
    const exported = await assay([
      'export',
      id,
      '--project',
      project,
      '--format',
      'dictionary_learning',
      '--out',
      join(project, 'out'),
      '--json',
    ]);
    expect(JSON.parse(exported.stdout)).toMatchObject({
      files: [{ name: 'config.json' }, { name: 'ae.pt' }],
    });
    const several = await assay([
      'encode',
      path,
      '--input',
      input,
      '--out',
      join(project, 'x'),
      '--json',
    ]);
    expect(several.code).toBe(1);
    expect(several.stdout).toContain('holds 4 dictionaries');
  });
});
