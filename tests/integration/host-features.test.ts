import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fake, fakeActivation, fakeProperties, fakeTokens } from '../support/fake-features.ts';
import { failureOf, makeProject, specText, startHost } from '../support/host.ts';

async function trained(seeds: readonly number[]) {
  const test = startHost();
  const { client } = test;
  const { id: project, path } = await client.call('project.open', { path: makeProject() });
  const spec = specText(`seeds: [${seeds.join(', ')}]`);
  const { id: job } = await client.call('jobs.submit', { project, spec });
  await test.until(project, job, 'succeeded');
  const dictionaries = await client.call('dictionaries.list', { project });
  const inDictionary = { project, dictionary: dictionaries[0]!.id };
  return { ...test, project, path, job, dictionaries, inDictionary };
}

/** Tokens on which a feature is active, counted afresh. */
function activeTokens(seed: number, feature: number): number[] {
  return Array.from({ length: fake.rows * fake.context }, (_, token) => token).filter(
    (token) => fakeActivation(seed, feature, token) > 0,
  );
}

describe('dictionaries', () => {
  it('are listed with their seed, size and properties', async () => {
    const { dictionaries, job } = await trained([3, 4]);
    expect(dictionaries.map(({ seed }) => seed)).toEqual([3, 4]);
    expect(dictionaries.map((row) => row.job)).toEqual([job, job]);
    expect(dictionaries[0]).toMatchObject({
      latents: fake.latents,
      dIn: fake.dIn,
      tokens: fake.rows * fake.context,
      alive: fake.latents - 3,
      properties: fakeProperties,
      hook: 'blocks.1.hook_resid_pre',
      model: 'model',
    });
  });
});

describe('features', () => {
  it('come in pages with counts, intervals and the stability over siblings', async () => {
    const { client, inDictionary } = await trained([3, 4, 5]);
    const page = await client.call('features.page', { ...inDictionary, offset: 6, limit: 2 });
    expect(page.total).toBe(fake.latents);
    const count = activeTokens(3, 6).length;
    expect(page.rows[0]).toMatchObject({ feature: 6, count, label: null, property: 'end' });
    expect(page.rows[0]!.stability).toBeCloseTo(6 / fake.latents, 6);
    expect(page.rows[0]!.densityLow).toBeLessThan(page.rows[0]!.density);
    const dead = await client.call('features.page', {
      ...inDictionary,
      dead: 'only',
      offset: 0,
      limit: 10,
    });
    expect(dead.rows.map(({ feature }) => feature)).toEqual([5, 13, 21]);
  });

  it('show their strongest activations with the text around them', async () => {
    const { client, inDictionary } = await trained([3]);
    const ids = fakeTokens();
    const detail = await client.call('features.get', { ...inDictionary, feature: 6, context: 4 });
    const top = detail.groups.find(({ kind }) => kind === 'top')!;
    expect(top.examples.length).toBe(fake.top);
    expect(top.from).toBe(activeTokens(3, 6).length);
    for (const example of top.examples) {
      const token = example.sequence * fake.context + example.position;
      expect(example.value).toBe(fakeActivation(3, 6, token));
      expect(example.start).toBe(Math.max(0, example.position - 4));
      example.ids.forEach((id, i) => {
        const at = example.sequence * fake.context + example.start + i;
        expect(id).toBe(ids[at]);
        expect(example.activations[i]).toBe(fakeActivation(3, 6, at));
        expect(example.tokens[i]).toBe(id === 3 ? '<script>' : ` w${id}`);
      });
    }
    const values = top.examples.map(({ value }) => value);
    expect(values).toEqual([...values].sort((a, b) => b - a));
  });

  it('show bands, random activations and near misses, each with the number it is drawn from', async () => {
    const { client, inDictionary } = await trained([3]);
    const detail = await client.call('features.get', { ...inDictionary, feature: 6 });
    const kinds = detail.groups.map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(['top', 'quantile', 'random', 'near-miss']));
    const bands = detail.groups.filter(({ kind }) => kind === 'quantile');
    expect(bands.reduce((sum, { from }) => sum + from, 0)).toBe(activeTokens(3, 6).length);
    const random = detail.groups.find(({ kind }) => kind === 'random')!;
    expect(random.examples.every(({ value }) => value > 0)).toBe(true);
    const near = detail.groups.find(({ kind }) => kind === 'near-miss')!;
    expect(near.examples.length).toBeGreaterThan(0);
    expect(near.examples.every(({ value }) => value === 0)).toBe(true);
    const shared = new Set(near.examples.map(({ ids, position, start }) => ids[position - start]));
    expect(shared.size).toBe(1);
    const again = await client.call('features.get', { ...inDictionary, feature: 6 });
    expect(again.groups).toEqual(detail.groups);
  });

  it('show histogram, logits, neighbours, matches and scores', async () => {
    const { client, inDictionary, dictionaries } = await trained([3, 4]);
    const neighbour = { ...inDictionary, feature: 7, text: 'a neighbour' };
    await client.call('features.setLabel', neighbour);
    const detail = await client.call('features.get', { ...inDictionary, feature: 6 });
    expect(detail.histogram.edges).toHaveLength(fake.bins + 1);
    expect(detail.histogram.edges.at(-1)).toBeCloseTo(detail.row.max!, 5);
    expect(detail.histogram.counts.reduce((a, b) => a + b)).toBe(detail.row.count);
    expect(detail.promoted.map(({ value }) => value)).toEqual([3, 2, 1]);
    expect(detail.decoderNeighbours).toEqual([
      { feature: 7, cosine: 0.5, label: 'a neighbour' },
      { feature: 8, cosine: 0.25, label: null },
    ]);
    expect(detail.matches).toEqual([
      { dictionary: dictionaries[1]!.id, seed: 4, feature: 6, cosine: 0.25 },
    ]);
    expect(detail.scores.map(({ property }) => property)).toEqual(['end', 'vowel']);
    expect(detail.scores[0]!.positives).toBe(30);
    expect(detail.densityByPosition).toHaveLength(fake.context);
  });

  it('that are dead have a page all the same', async () => {
    const { client, inDictionary } = await trained([3]);
    const detail = await client.call('features.get', { ...inDictionary, feature: 5 });
    expect(detail.row).toMatchObject({ count: 0, mean: null, max: null, property: null });
    expect(detail.groups).toEqual([{ name: 'top', kind: 'top', from: 0, examples: [] }]);
  });

  it('take labels, keep their history, and give the newest back', async () => {
    const { client, inDictionary } = await trained([3]);
    const feature = { ...inDictionary, feature: 2 };
    await client.call('features.setLabel', { ...feature, text: '  first ' });
    const two = await client.call('features.setLabel', { ...feature, text: 'second' });
    expect(two.map(({ text }) => text)).toEqual(['second', 'first']);
    const found = await client.call('features.page', {
      ...inDictionary,
      search: 'seco',
      offset: 0,
      limit: 9,
    });
    expect(found.rows.map((row) => [row.feature, row.label])).toEqual([[2, 'second']]);
    expect((await client.call('features.undoLabel', feature)).map(({ text }) => text)).toEqual([
      'first',
    ]);
  });

  it('say which file is missing when a run folder has lost one', async () => {
    const { client, inDictionary, path, job, dictionaries } = await trained([3]);
    const run = dictionaries[0]!.run!;
    rmSync(join(path, '.assay/runs', job, run, 'activations.safetensors'));
    const error = await failureOf(client.call('features.get', { ...inDictionary, feature: 6 }));
    expect(error).toMatchObject({
      code: 'not-found',
      details: { file: expect.stringContaining('activations.safetensors') as string },
    });
    const page = await client.call('features.page', { ...inDictionary, offset: 0, limit: 1 });
    expect(page.total).toBe(fake.latents);
  });

  it('are summed up over all, and placed among those of a filter', async () => {
    const { client, inDictionary } = await trained([3]);
    const summary = await client.call('features.summary', inDictionary);
    expect(summary).toMatchObject({ total: fake.latents, dead: 3, labelled: 0 });
    expect(summary.density.counts.reduce((a, b) => a + b)).toBe(fake.latents - 3);
    const filter = { ...inDictionary, dead: 'hide' as const };
    const place = await client.call('features.place', { ...filter, feature: 6 });
    expect(place).toEqual({ total: fake.latents - 3, before: 5, previous: 4, next: 7 });
    const beyond = client.call('features.place', { ...filter, feature: fake.latents });
    expect(await failureOf(beyond)).toMatchObject({ code: 'not-found' });
  });

  it('are not there beyond the last', async () => {
    const { client, inDictionary } = await trained([3]);
    const beyond = { ...inDictionary, feature: fake.latents };
    expect(await failureOf(client.call('features.get', beyond))).toMatchObject({
      code: 'not-found',
    });
    expect(
      await failureOf(client.call('features.setLabel', { ...beyond, text: 'x' })),
    ).toMatchObject({ code: 'not-found' });
  });
});
