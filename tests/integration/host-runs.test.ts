import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JobRow } from '../../shared/contract/jobs.ts';
import { fakeMetrics } from '../support/fake-train.ts';
import { failureOf, makeProject, specText, startHost, type TestHost } from '../support/host.ts';

/** A project in which a job with the given seeds has been trained. */
async function trained({ client, until }: TestHost, seeds: readonly number[], changes = '') {
  const { id: project } = await client.call('project.open', { path: makeProject() });
  const spec = specText(`seeds: [${seeds.join(', ')}]\n${changes}`);
  const { id: job } = await client.call('jobs.submit', { project, spec });
  const row = await until(project, job, 'succeeded', 'failed');
  expect(row.error).toBeNull();
  return { project, job, runs: row.runs };
}

describe('jobs', () => {
  it('are followed from the queue to their end', async () => {
    const test = startHost();
    const { client, bugs } = test;
    const { id: project } = await client.call('project.open', { path: makeProject() });
    const states: string[] = [];
    let progress: JobRow['progress'] = null;
    client.subscribe(
      'jobs.changed',
      { project },
      {
        event: (job) => {
          if (states.at(-1) !== job.state) states.push(job.state);
          progress = job.progress ?? progress;
        },
        missed: () => undefined,
      },
    );
    const { id: job } = await client.call('jobs.submit', { project, spec: specText() });
    const last = await test.until(project, job, 'succeeded');
    expect(states).toEqual(['queued', 'starting', 'running', 'finishing', 'succeeded']);
    expect(progress).toMatchObject({ phase: 'training', total: 40, unit: 'steps' });
    expect(last).toMatchObject({ actions: [], attempt: 1, error: null });
    const log = await client.call('jobs.log', { project, job, after: 0, limit: 100 });
    expect(log.lines[0]).toMatchObject({ level: 'info', message: 'starting' });
    const more = await client.call('jobs.log', { project, job, after: log.next, limit: 100 });
    expect(more).toEqual({ lines: [], next: log.next });
    expect(bugs).toEqual([]);
  });

  it('are refused with the line or the field that is wrong', async () => {
    const { client } = startHost();
    const { id: project } = await client.call('project.open', { path: makeProject() });
    const check = async (spec: string) => {
      const { problem } = await client.call('jobs.check', { project, spec });
      expect(await failureOf(client.call('jobs.submit', { project, spec }))).toMatchObject({
        code: problem?.code,
        message: problem?.message,
      });
      return problem;
    };
    expect(await check('kind: train\nname: [')).toMatchObject({
      code: 'bad-spec',
      message: expect.stringContaining('line') as string,
    });
    expect(await check(specText('colour: red'))).toMatchObject({
      message: "spec: the field 'colour' is not known.",
    });
    expect(await check(specText().replace('model: model', 'model: ../other'))).toMatchObject({
      code: 'bad-spec',
      message: expect.stringContaining('outside the project') as string,
    });
    expect(await check(specText().replace('model: model', 'model: /etc'))).toMatchObject({
      code: 'bad-spec',
    });
    expect(await check(specText().replace('tokens.safetensors', 'none.safetensors'))).toMatchObject(
      {
        code: 'not-found',
      },
    );
    expect(await client.call('jobs.list', { project })).toEqual([]);
  });

  it('start from a spec file of the project, read as it stands', async () => {
    const { client } = startHost();
    const path = makeProject();
    const { id: project } = await client.call('project.open', { path });
    writeFileSync(join(path, 'mine.yaml'), '# why\nkind: train\n');
    const read = (name: string) => client.call('jobs.readSpec', { project, path: name });
    expect(await read('mine.yaml')).toEqual({ text: '# why\nkind: train\n' });
    expect(await failureOf(read('../mine.yaml'))).toMatchObject({ code: 'bad-input' });
    expect(await failureOf(read('none.yaml'))).toMatchObject({ code: 'not-found' });
    writeFileSync(join(path, 'big.yaml'), `# ${'x'.repeat(400_000)}`);
    expect(await failureOf(read('big.yaml'))).toMatchObject({ code: 'too-large' });
  });
});

describe('runs', () => {
  it('come in groups of replicates with mean and interval', async () => {
    const test = startHost();
    const { project, runs } = await trained(test, [0, 1, 2]);
    const { groups, metricNames, totalRuns } = await test.client.call('runs.groups', { project });
    expect(totalRuns).toBe(3);
    expect(metricNames).toEqual(expect.arrayContaining(['l0', 'mse', 'kl']));
    const few = await test.client.call('runs.groups', { project, metrics: ['kl', 'none'] });
    expect(few.metricNames).toEqual(metricNames);
    expect(few.groups[0]!.metrics).toEqual({ kl: groups[0]!.metrics['kl'] });
    expect(Object.keys(few.groups[0]!.runs[0]!.metrics)).toEqual(['kl']);
    expect(groups).toHaveLength(1);
    expect(groups[0]!.runs.map(({ id, seed }) => [id, seed])).toEqual(runs.map((id, i) => [id, i]));
    expect(groups[0]!.metrics['l0']).toMatchObject({ n: 3, mean: 31 });
    // t(2) = 4.302653, sd 1, n 3
    expect(groups[0]!.metrics['l0']!.low).toBeCloseTo(31 - 4.302652729749462 / Math.sqrt(3), 9);
    expect(groups[0]!.metrics['kl']).toEqual({ n: 0, mean: null, low: null, high: null });
  });

  it('tell apart groups by the fields in which their specs differ', async () => {
    const test = startHost();
    const { project } = await trained(test, [0, 1]);
    const { client, until } = test;
    const spec = specText('seeds: [0]').replace('coefficient: 1', 'coefficient: 5');
    const { id: job } = await client.call('jobs.submit', { project, spec });
    await until(project, job, 'succeeded');
    const { groups, differingPaths } = await client.call('runs.groups', { project });
    expect(differingPaths).toEqual(['objective.sparsity.coefficient']);
    expect(groups.map(({ differing, runs }) => [Object.values(differing)[0], runs.length])).toEqual(
      [
        [5, 1],
        [1, 2],
      ],
    );
    const found = await client.call('runs.groups', { project, search: 'SMALL resid' });
    expect(found.groups).toHaveLength(2);
    expect((await client.call('runs.groups', { project, search: 'nothing' })).groups).toEqual([]);
    const [a, b] = groups;
    expect(
      await client.call('runs.diff', { project, runs: [a!.runs[0]!.id, b!.runs[1]!.id] }),
    ).toEqual([
      { path: 'objective.sparsity.coefficient', values: [5, 1] },
      { path: 'seeds', values: ['[0]', '[1]'] },
    ]);
  });

  it('have a page with spec, provenance, artifacts and siblings', async () => {
    const test = startHost();
    const { project, job, runs } = await trained(test, [5, 6]);
    const detail = await test.client.call('runs.get', { project, run: runs[1]! });
    expect(detail).toMatchObject({
      run: { seed: 6, state: 'succeeded', engine: 'fake, none', metrics: fakeMetrics(6) },
      spec: { name: 'small', seeds: [6] },
      provenance: { seeds: [5, 6] },
      siblings: [{ id: runs[0], seed: 5 }],
      jobActions: [],
      jobError: null,
    });
    expect(detail.run.job).toBe(job);
    expect(detail.artifacts.map(({ path }) => path)).toContain(`${runs[1]}/dictionary.safetensors`);
    expect(detail.artifacts.map(({ path }) => path)).not.toContain(
      `${runs[0]}/dictionary.safetensors`,
    );
  });

  it('keep the label and the notes that a user gives', async () => {
    const test = startHost();
    const { project, runs } = await trained(test, [0]);
    const { client } = test;
    await client.call('runs.setLabel', { project, run: runs[0]!, label: 'best', notes: 'why' });
    const { run, notes } = await client.call('runs.get', { project, run: runs[0]! });
    expect([run.label, notes]).toEqual(['best', 'why']);
    expect((await client.call('runs.groups', { project, search: 'best' })).groups).toHaveLength(1);
  });

  it('give their curves, thinned or whole', async () => {
    const test = startHost();
    const { project, runs } = await trained(test, [0, 1]);
    const ask = (buckets: number) =>
      test.client.call('runs.series', {
        project,
        runs,
        names: ['loss'],
        buckets,
        from: null,
        to: null,
      });
    const whole = await ask(1000);
    expect(whole.map(({ run, series }) => [run, series[0]!.total])).toEqual(
      runs.map((run) => [run, 40]),
    );
    const [thin] = await ask(4);
    expect(thin!.series[0]).toMatchObject({ total: 40, drawn: 4 });
    expect(Math.max(...(thin!.series[0]!.high as number[]))).toBe(
      Math.max(...(whole[0]!.series[0]!.high as number[])),
    );
  });

  it('say what has changed since, before they are run again', async () => {
    const test = startHost();
    const { client } = test;
    const { project, job, runs } = await trained(test, [0]);
    const { path } = (await client.call('project.overview', { project })).info;
    const provenance = join(path, '.assay', 'runs', job, 'provenance.json');
    const tokens = join(path, 'tokens.safetensors');
    const recorded = JSON.parse(readFileSync(provenance, 'utf8')) as { inputs: unknown[] };
    recorded.inputs = [
      { path: 'tokens.safetensors', bytes: 1, modified: 1, sha256: 'f'.repeat(64) },
      { path: 'gone.csv', bytes: 1, modified: 1, sha256: 'e'.repeat(64) },
    ];
    writeFileSync(provenance, JSON.stringify(recorded));
    const { spec, differences } = await client.call('runs.again', { project, run: runs[0]! });
    expect(spec).toMatchObject({ name: 'small', seeds: [0] });
    expect(differences).toContainEqual({ path: 'inputs.gone.csv', values: ['e'.repeat(16), null] });
    const changed = differences.find((item) => item.path === 'inputs.tokens.safetensors');
    expect(changed!.values[0]).toBe('f'.repeat(16));
    rmSync(tokens);
  });

  it('are not found under an id that is not there', async () => {
    const test = startHost();
    const { project } = await trained(test, [0]);
    for (const work of [
      test.client.call('runs.get', { project, run: 'run_000000' }),
      test.client.call('jobs.get', { project, job: 'job_000000' }),
      test.client.call('features.page', {
        project,
        dictionary: 'dict_000000',
        offset: 0,
        limit: 1,
      }),
      test.client.call('runs.get', { project: 'prj_000000', run: 'run_000000' }),
    ])
      expect(await failureOf(work)).toMatchObject({ code: 'not-found' });
  });
});
