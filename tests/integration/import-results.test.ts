import { cpSync, mkdirSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Output } from '../../shared/contract/index.ts';
import { exportDashboard } from '../../main/host/export-dashboard.ts';
import type { DashboardFormat } from '../../shared/domain/dictionary-form.ts';
import { openView } from '../../main/host/project-view.ts';
import { findDictionary } from '../../main/host/read-features.ts';
import { forkLauncher } from '../../main/headless/launcher.ts';
import { temporaryFolder } from '../support/folders.ts';
import { startHost } from '../support/host.ts';
import { missingData, sharedData } from '../support/shared-data.ts';

const golden = join(import.meta.dirname, '../golden');
const dashboards = join(golden, 'dashboards');
const logs = join(golden, 'run-logs');

async function openImporter() {
  const folder = temporaryFolder();
  const { client, until } = startHost({ launcher: forkLauncher() });
  const { id: project } = await client.call('project.open', { path: folder });
  const start = async (path: string) => {
    const { id } = await client.call('results.import', { project, path });
    return until(project, id, 'succeeded', 'failed');
  };
  return {
    folder,
    client,
    project,
    start,
    async runs(path: string) {
      const job = await start(path);
      expect(job.error).toBeNull();
      return Promise.all(job.runs.map((run) => client.call('runs.get', { project, run })));
    },
    async curves(run: string) {
      const [found] = await client.call('runs.series', {
        project,
        runs: [run],
        names: null,
        buckets: 1000,
        from: null,
        to: null,
      });
      return new Map(found!.series.map((series) => [series.name, series]));
    },
    async features(dictionary: string) {
      const { rows } = await client.call('features.page', {
        project,
        dictionary,
        offset: 0,
        limit: 100,
      });
      return Promise.all(
        rows.map(({ feature }) =>
          client.call('features.get', { project, dictionary, feature, context: 512 }),
        ),
      );
    },
  };
}

/** What two dictionaries that are the same share: ids of words and rows count as they came. */
function contentOf(features: Output<'features.get'>[]) {
  return features.map(({ labels, groups, promoted, suppressed, ...rest }) => ({
    ...rest,
    labels: labels.map(({ text, author, time }) => ({ text, author, time })),
    promoted: promoted.map(({ token, value }) => ({ token, value })),
    suppressed: suppressed.map(({ token, value }) => ({ token, value })),
    groups: groups.map(({ examples, ...group }) => ({
      ...group,
      examples: examples.map(({ tokens, activations, position, value }) => ({
        tokens,
        activations,
        position,
        value,
      })),
    })),
  }));
}

it('results that are here already are said to be, until they change or are asked for again', async () => {
  const { folder, client, project, start } = await openImporter();
  const path = join(folder, 'curves.csv');
  const curves = 'step,loss\n1,2\n2,1.5\n3,1.25\n';
  writeFileSync(path, curves);
  const first = await start(path);
  expect(first.state).toBe('succeeded');
  const inspected = await client.call('results.inspect', { project, path: 'curves.csv' });
  expect(inspected?.earlier).toMatchObject({ job: first.id, runs: first.runs });
  await expect(start('curves.csv')).rejects.toMatchObject({
    code: 'not-allowed-now',
    message: expect.stringContaining(first.runs[0]!) as string,
  });
  await client.call('results.import', { project, path, again: true });
  writeFileSync(path, `${curves}4,1\n`);
  expect((await client.call('results.inspect', { project, path }))?.earlier).toBeNull();
  expect((await start(path)).runs).toHaveLength(1);
});

it('features that came from a dashboard are exported into the project, and weights that are not here are refused', async () => {
  const { folder, client, project, runs } = await openImporter();
  const [imported] = await runs(join(dashboards, 'saedashboard'));
  const dictionary = imported!.run.dictionary!;
  const wish = { project, dictionary, format: 'neuronpedia' } as const;
  const written = await client.call('dictionaries.export', wish);
  expect(dirname(written.path)).toBe(join(folder, '.assay', 'exports'));
  expect(written.files.map(({ name }) => name)).toContain('features/batch-0.jsonl.gz');
  const other = await client.call('dictionaries.export', wish);
  expect(other.path).toBe(`${written.path}-2`);
  await expect(
    client.call('dictionaries.export', { ...wish, format: 'saelens' }),
  ).rejects.toMatchObject({ code: 'unsupported' });
});

describe('a dashboard', () => {
  it.each(['saedashboard', 'neuronpedia'] as const)('of %s becomes features', async (format) => {
    const importer = await openImporter();
    const [detail] = await importer.runs(join(dashboards, format));
    const dictionary = detail!.run.dictionary!;
    const { client, project } = importer;
    const [row] = await client.call('dictionaries.list', { project });
    expect(row).toMatchObject({
      model: 'gpt2-small',
      latents: format === 'saedashboard' ? 7 : 5,
      tokens: 4096,
      context: 12,
      dIn: 2,
      imported: { format },
    });
    const features = await importer.features(dictionary);
    const three = features[3]!;
    // 40 - 4 i + 3 over ten bars, and their middles.
    expect(three.row).toMatchObject({ count: 250, max: 5 });
    expect(three.row.mean).toBeCloseTo(1.84, 2);
    expect(three.histogram.counts).toEqual([43, 39, 35, 31, 27, 23, 19, 15, 11, 7]);
    expect(three.groups.map(({ name, from, examples }) => [name, from, examples.length])).toEqual([
      ['top', 250, 3],
      ['80–100 %', 18, 1],
      ['60–80 %', 34, 1],
      ['40–60 %', 50, 1],
      ['20–40 %', 66, 1],
      ['0–20 %', 82, 1],
    ]);
    const [first] = three.groups[0]!.examples;
    expect(first).toMatchObject({ position: 2, value: 5 });
    expect(first!.tokens).toHaveLength(12);
    expect(first!.activations[5]).toBeCloseTo(1.25, 5);
    // -10000 stands for a logit that the tool did not have.
    expect(three.suppressed.map(({ token }) => token)).toEqual([' no', ' not']);
    expect(features[2]!.row).toMatchObject({ count: 0, max: null });
    expect(detail!.importNotes.join(' ')).toContain('each is kept once');
    expect(three.labels.map(({ text }) => text)).toEqual(
      format === 'neuronpedia' ? ['cats and mats', 'cats'] : [],
    );
    if (format === 'saedashboard')
      expect(detail!.importNotes.join(' ')).toContain('left out 2 features');
  });

  it.each(['saedashboard', 'neuronpedia'] as const)(
    'written as %s and read again has the same features',
    async (format: DashboardFormat) => {
      const importer = await openImporter();
      const [detail] = await importer.runs(join(dashboards, 'neuronpedia'));
      const dictionary = detail!.run.dictionary!;
      await importer.client.call('features.setLabel', {
        project: importer.project,
        dictionary,
        feature: 1,
        text: 'a "label" of our own',
      });
      const before = contentOf(await importer.features(dictionary));
      const path = join(temporaryFolder(), 'export');
      const view = openView(importer.folder);
      const written = await exportDashboard(view, findDictionary(view, dictionary), format, path);
      expect(written.features).toBe(5);
      await expect(
        exportDashboard(view, findDictionary(view, dictionary), format, path),
      ).rejects.toMatchObject({ code: 'not-writable' });
      view.close();
      const [again] = await importer.runs(path);
      const after = contentOf(await importer.features(again!.run.dictionary!));
      expect(after).toEqual(before);
    },
  );

  it.each([
    [
      'is cut off',
      (file: string) => truncateSync(file, 3000),
      'truncated',
      /batch-1\.json ends at byte 3000/,
    ],
    [
      'has a list that is too short',
      replacing('" cat", ', '', 1),
      'corrupt',
      /features\.\d+\.activations\.\d+: 11 tokens and 12 values/,
    ],
    [
      'has a key twice',
      replacing('"frac_nonzero"', '"neg_str": [], "frac_nonzero"'),
      'corrupt',
      /features\.0.*'neg_str' occurs twice/,
    ],
    [
      'holds __proto__',
      replacing('"frac_nonzero"', '"__proto__": {}, "frac_nonzero"'),
      'corrupt',
      /__proto__/,
    ],
    [
      'has an index that is none',
      replacing('"feature_index": 3', '"feature_index": -3'),
      'corrupt',
      /no number of a feature/,
    ],
    [
      'has text for a number',
      replacing('"values": [0.0', '"values": ["0.0"'),
      'corrupt',
      /no number/,
    ],
  ])(
    'that %s is refused by file and place, and leaves nothing',
    async (_, damage, code, message) => {
      const folder = join(temporaryFolder(), 'batches');
      cpSync(join(dashboards, 'saedashboard'), folder, { recursive: true });
      damage(join(folder, 'batch-1.json'));
      const importer = await openImporter();
      const job = await importer.start(folder);
      expect(job).toMatchObject({ state: 'failed', error: { code } });
      expect(job.error!.message).toMatch(message);
      expect(
        await importer.client.call('dictionaries.list', { project: importer.project }),
      ).toEqual([]);
    },
  );
});

function replacing(text: string, by: string, times = Infinity) {
  return (file: string): void => {
    const whole = readFileSync(file, 'utf8');
    expect(whole).toContain(text);
    writeFileSync(file, times === 1 ? whole.replace(text, by) : whole.replaceAll(text, by));
  };
}

describe('a run log', () => {
  const expected = JSON.parse(readFileSync(join(logs, 'expected.json'), 'utf8')) as {
    wandb: { loss: number[] };
    tensorboard: Record<string, number[]>;
  };

  it('that W&B wrote offline becomes a run with its curves', async () => {
    const importer = await openImporter();
    const [detail] = await importer.runs(join(logs, 'offline.wandb'));
    expect(detail!.run).toMatchObject({
      name: 'seed-3_lpcoeff-1.5',
      seed: 3,
      hook: 'blocks.6.hook_resid_pre',
      model: 'gpt2-small',
      imported: { format: 'wandb-offline', x: 'tokens' },
    });
    expect(detail!.run.metrics).toMatchObject({ mean_grad_norm: 0.75, l0: 40 });
    expect(detail!.run.metrics['ceIncrease']).toBeCloseTo(0.5 / 41, 12);
    const curves = await importer.curves(detail!.run.id);
    expect(curves.get('loss')!.low).toEqual(expected.wandb.loss);
    expect(curves.get('loss')!.x.slice(0, 3)).toEqual([0, 2048, 4096]);
    expect(curves.get('eval.ceIncrease')!.low[0]).toBe(0.5);
    expect(curves.get('grad_norm')?.low ?? curves.get('gradientNorm')!.low).toEqual([null]);
  });

  it('of TensorBoard holds scalars in both forms, and hyperparameters', async () => {
    const importer = await openImporter();
    const [detail] = await importer.runs(join(logs, 'tensorboard'));
    expect(detail!.spec).toMatchObject({ lr: 0.1, seed: 4 });
    const curves = await importer.curves(detail!.run.id);
    const loss = curves.get('train/loss')!;
    expect(loss.x).toEqual(expected.tensorboard['train/loss']!.map((_, i) => i * 10));
    loss.low.forEach((value, i) =>
      expect(value).toBeCloseTo(expected.tensorboard['train/loss']![i]!, 6),
    );
    expect(curves.get('eval/l0')!.low).toEqual(expected.tensorboard['eval/l0']);
    expect(detail!.importNotes.join(' ')).toContain('weights');
  });

  it('in JSON lines is split into the runs that it names', async () => {
    const path = join(temporaryFolder(), 'curves.jsonl');
    writeFileSync(
      path,
      '{"step": 1, "run": "a", "loss": 2.5}\n{"step": 2, "run": "b", "loss": NaN}\n{"step": 2, "run": "a", "loss": 1.5, "l0": 20}\n',
    );
    const importer = await openImporter();
    const details = await importer.runs(path);
    expect(details.map(({ run }) => [run.name, run.metrics])).toEqual([
      ['a', { loss: 1.5, l0: 20 }],
      ['b', { loss: null }],
    ]);
  });

  it('of SAEBench is grouped by dictionary and seed', async () => {
    const folder = temporaryFolder();
    const write = (kind: string, seed: number, metrics: unknown) =>
      writeFileSync(
        join(folder, `${kind}-${seed}_eval_results.json`),
        JSON.stringify({
          eval_type_id: kind,
          eval_config: { random_seed: seed, n: 10 },
          eval_id: 'x',
          datetime_epoch_millis: 1,
          eval_result_metrics: metrics,
          eval_result_details: [],
          sae_bench_commit_hash: 'abc',
          sae_lens_id: 'layer_6',
          sae_lens_release_id: 'release',
          sae_cfg_dict: { d_sae: 16, hook_name: 'blocks.6.hook_resid_pre' },
        }),
      );
    write('core', 1, { sparsity: { l0: 30 }, reconstruction_quality: { mse: 0.5 } });
    write('core', 2, { sparsity: { l0: 50 }, reconstruction_quality: { mse: 0.25 } });
    write('scr', 1, { scr_metrics: { scr_metric_threshold_2: 0.125 } });
    write('scr', 2, { scr_metrics: { scr_metric_threshold_2: 0.375 } });
    const importer = await openImporter();
    const details = await importer.runs(folder);
    expect(details).toHaveLength(2);
    expect(details[0]!.run.metrics).toEqual({
      'core/sparsity/l0': 30,
      'core/reconstruction_quality/mse': 0.5,
      'scr/scr_metrics/scr_metric_threshold_2': 0.125,
    });
    const { client, project } = importer;
    const { groups } = await client.call('runs.groups', { project });
    expect(groups).toHaveLength(1);
    expect(groups[0]!.metrics['core/sparsity/l0']).toMatchObject({ n: 2, mean: 40 });
  });

  it('that was cut off tells what came before, and one that is damaged is refused', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'cut'));
    const cut = join(folder, 'cut', 'run.wandb');
    cpSync(join(logs, 'offline.wandb'), cut);
    truncateSync(cut, 20_000);
    const importer = await openImporter();
    const [detail] = await importer.runs(cut);
    expect(detail!.importNotes.join(' ')).toContain('ends in the middle of a record');
    const bytes = readFileSync(join(logs, 'offline.wandb'));
    bytes[9000]! ^= 0xff;
    const elsewhere = join(folder, 'damaged.wandb');
    const inProject = join(importer.folder, 'logs', 'damaged.wandb');
    mkdirSync(join(importer.folder, 'logs'));
    for (const [file, name] of [
      [elsewhere, elsewhere],
      [inProject, join('logs', 'damaged.wandb')],
    ] as const) {
      writeFileSync(file, bytes);
      const { state, error } = await importer.start(file);
      expect([state, error?.code, error?.details.file]).toEqual(['failed', 'corrupt', name]);
      expect(error?.message.startsWith(`${name}: `)).toBe(true);
    }
  });

  const study = sharedData('sae-kl-finetune');
  const reason = study === undefined ? ` (${missingData('sae-kl-finetune')})` : '';
  it.skipIf(reason !== '')(
    `of the study of KL fine-tuning comes in as exported${reason}`,
    async () => {
      const data = study!;
      const importer = await openImporter();
      const details = await importer.runs(data);
      expect(details).toHaveLength(34);
      expect(readdirSync(data)).toHaveLength(11);
      const pythia = details.find(({ run }) => run.name === 'E2E SAE')!;
      // Of 65 steps, 13 hold no value of this run.
      const curve = (await importer.curves(pythia.run.id)).get('val_loss')!;
      expect([curve.total, curve.x[1], curve.low[1]]).toEqual([52, 9992, 3.6006586695644724]);
      const thinned = details.filter(({ importNotes }) =>
        importNotes.join(' ').includes('thinned'),
      );
      expect(thinned.map(({ run }) => Object.keys(run.metrics).sort())).toEqual([
        ['mse_loss', 'mse_loss (highest)', 'mse_loss (lowest)'],
      ]);
    },
  );
});
