import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSafetensors } from '../../main/formats/safetensors.ts';
import { forkLauncher } from '../../main/headless/launcher.ts';
import { startHost } from '../support/host.ts';
import { tinySpec } from '../support/tiny-project-files.ts';
import { makeTinyProject } from '../support/tiny-project.ts';

async function trained() {
  const folder = makeTinyProject();
  const test = startHost({ launcher: forkLauncher() });
  const { client } = test;
  const { id: project } = await client.call('project.open', { path: folder });
  const { id: training } = await client.call('jobs.submit', {
    project,
    spec: tinySpec({ seeds: [0, 1] }),
  });
  const job = await test.until(project, training, 'succeeded', 'failed');
  expect(job.error).toBeNull();
  const dictionaries = await client.call('dictionaries.list', { project });
  const submit = (changes: Record<string, unknown> = {}) =>
    client.call('jobs.submit', {
      project,
      spec: {
        kind: 'features',
        name: 'anew',
        dictionaries: dictionaries.map(({ id }) => ({ id })),
        tokens: { file: 'tokens.safetensors' },
        engine: 'wasm',
        threads: 2,
        ...changes,
      },
    });
  return { ...test, folder, project, training: job, dictionaries, submit };
}

type Trained = Awaited<ReturnType<typeof trained>>;

function tensorsOf(path: string) {
  const reader = openSafetensors(path);
  const names = [...reader.tensors.keys()].sort();
  const entries = names.map((name) => {
    const dtype = reader.tensors.get(name)!.dtype;
    return [name, dtype.startsWith('F') ? reader.doubles(name) : reader.ints(name)];
  });
  reader.close();
  return Object.fromEntries(entries) as Record<string, ArrayLike<number>>;
}

const folderOf = ({ folder }: Trained, job: string) => join(folder, '.assay/runs', job);

describe('a features job', () => {
  it('finds the features that the training found, over the same tokens', async () => {
    const test = await trained();
    const { client, project, dictionaries, training } = test;
    const of = { project, dictionary: dictionaries[1]!.id, feature: 2 };
    await client.call('features.setLabel', { ...of, text: 'kept' });
    const before = await client.call('features.get', of);
    const { sequences } = tinySpec()['features'] as { sequences: number };
    const labels = 'labels.safetensors';
    const { id } = await test.submit({ sequences, labels, seed: 1 });
    const job = await test.until(project, id, 'succeeded', 'failed');
    expect(job.error).toBeNull();
    const own = join(folderOf(test, training.id), training.runs[1]!);
    const anew = join(folderOf(test, id), dictionaries[1]!.id);
    for (const name of ['features.safetensors', 'activations.safetensors']) {
      const expected = tensorsOf(join(own, name));
      const found = tensorsOf(join(anew, name));
      expect(Object.keys(found)).toEqual(Object.keys(expected));
      for (const [key, values] of Object.entries(expected))
        expect(Array.from(found[key]!), key).toEqual(Array.from(values));
    }
    expect(readdirSync(folderOf(test, id))).not.toContain('chunks');
    const after = await client.call('features.get', of);
    expect(after.row.label).toBe('kept');
    expect(after.groups).toEqual(before.groups);
    expect(after.matches).toEqual(before.matches);
    // Counted over other tokens, the row says so.
    const { id: second } = await test.submit({ sequences: 10 });
    await test.until(project, second, 'succeeded');
    const [row] = (await client.call('dictionaries.list', { project })).filter(
      ({ id: one }) => one === dictionaries[1]!.id,
    );
    expect(row!.tokens).toBe(10 * row!.context);
    expect((await client.call('features.get', of)).row.label).toBe('kept');
  });

  it('ends with numbers where the disk budget will not do', async () => {
    const test = await trained();
    const { id } = await test.submit({ disk: '1 KB' });
    const job = await test.until(test.project, id, 'failed');
    expect(job.error).toMatchObject({ code: 'too-large' });
    expect(job.error!.message).toContain('720 tokens would take about');
    expect(job.error!.details).toMatchObject({ budget: 1000 });
  });

  it('is refused for a dictionary that is not there, and for tokens of another model', async () => {
    const test = await trained();
    const unknown = test.submit({ dictionaries: [{ id: 'dict_0000000000000000' }] });
    await expect(unknown).rejects.toMatchObject({ code: 'not-found' });
    const missing = test.submit({ tokens: { file: 'none.safetensors' } });
    await expect(missing).rejects.toMatchObject({ code: 'not-found' });
  });
});
