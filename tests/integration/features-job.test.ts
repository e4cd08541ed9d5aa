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
    spec: tinySpec({
      training: { sequences: 200, batch: 8, learningRate: 1e-3, warmup: 40 },
      checkpointEvery: null,
    }),
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

  it('answers what fires together and on a token from what it kept', async () => {
    const test = await trained();
    const { client, project, dictionaries, training } = test;
    const of = { project, dictionary: dictionaries[0]!.id };
    const kept = tensorsOf(
      join(folderOf(test, training.id), training.runs[0]!, 'activations.safetensors'),
    );
    const ids = tensorsOf(join(folderOf(test, training.id), 'tokens.safetensors'))['input_ids']!;
    const { pointers, token, value } = kept as Record<'pointers' | 'token' | 'value', number[]>;
    const latents = pointers.length - 1;
    const activeOn = (j: number) =>
      new Map(
        Array.from({ length: pointers[j + 1]! - pointers[j]! }, (_, i) => [
          token[pointers[j]! + i]!,
          value[pointers[j]! + i]!,
        ]),
      );
    const feature = [...Array(latents).keys()].findIndex((j) => activeOn(j).size > 20);
    const own = activeOn(feature);
    const coactive = await client.call('features.coactive', { ...of, feature });
    expect(coactive).toMatchObject({ tokens: own.size, sampled: own.size });
    const jaccards = [...Array(latents).keys()].map((j) => {
      if (j === feature) return -1;
      const both = [...activeOn(j).keys()].filter((at) => own.has(at)).length;
      return both / (own.size + activeOn(j).size - both);
    });
    expect(coactive.features[0]!.jaccard).toBeCloseTo(Math.max(...jaccards), 12);
    for (const one of coactive.features)
      expect(one.jaccard).toBeCloseTo(jaccards[one.feature]!, 12);

    const found = await client.call('features.findTokens', { ...of, text: '7' });
    const sevens = Array.from(ids).flatMap((id, at) => (id === 7 ? [at] : []));
    expect(found.tokens.find(({ id }) => id === 7)!.occurrences).toBe(sevens.length);
    const onToken = await client.call('features.onToken', { ...of, token: 7 });
    expect(onToken).toMatchObject({ occurrences: sevens.length, sampled: sevens.length });
    for (const one of onToken.features) {
      const values = sevens.map((at) => activeOn(one.feature).get(at) ?? 0);
      expect(one.count).toBe(values.filter((x) => x > 0).length);
      expect(one.mean).toBeCloseTo(values.reduce((a, b) => a + b, 0) / sevens.length, 6);
    }
    const means = onToken.features.map(({ mean }) => mean);
    expect(means).toEqual([...means].sort((a, b) => b - a));

    const detail = await client.call('features.get', { ...of, feature });
    const places = detail.groups[0]!.examples.slice(0, 3);
    const effects = await client.call('features.ablate', {
      ...of,
      feature,
      places: places.map(({ sequence, position }) => ({ sequence, position })),
    });
    expect(effects.map(({ effects: each }) => each.length)).toEqual(
      places.map(({ tokens }) => tokens.length),
    );
    for (const { sequence, start, effects: each } of effects) {
      const first = [...own.keys()].find((at) => Math.floor(at / 12) === sequence)! % 12;
      each.forEach((effect, i) => {
        // What comes before the first activation, or is it, is predicted as before.
        if (start + i <= first) expect(Math.abs(effect)).toBeLessThan(1e-5);
        else if (start + i === first + 1) expect(Math.abs(effect)).toBeGreaterThan(1e-6);
      });
    }
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
