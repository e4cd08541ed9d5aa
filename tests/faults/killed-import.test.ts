import { fork } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { insertJob } from '../../main/db/jobs.ts';
import { openWriter } from '../../main/db/open.ts';
import { writeSafetensors } from '../../main/formats/safetensors-writer.ts';
import { insertRunsOfJob } from '../../main/host/job-store.ts';
import { databaseFile } from '../../main/host/paths.ts';
import { jobFiles, jobFolder, runFiles } from '../../main/jobs/job-folder.ts';
import { writeResult } from '../../main/jobs/result.ts';
import { temporaryFolder } from '../support/folders.ts';
import { makeProject, specText, startHost } from '../support/host.ts';
import { Random } from '../support/random.ts';
import { trainSpec } from '../support/records.ts';

/** Test plan A2, at the counts of a pull request. */
const kills = 25;
const trainings = 10;

const script = join(import.meta.dirname, '../support/host-to-kill.ts');
const job = 'job_000000000000import';
const runs = [0, 1].map((seed) => ({ id: `run_00000000000000000${seed}`, seed }));
const latents = 6000;
const points = 3000;

/** A project whose only job has left its results and waits for their import. */
async function makeFinished(): Promise<string> {
  const folder = join(temporaryFolder(), 'project');
  const spec = trainSpec({ seeds: [0, 1] });
  const files = [];
  const at = jobFolder(folder, job);
  for (const { id } of runs) {
    mkdirSync(join(at, id), { recursive: true });
    const counts = Array.from({ length: latents }, (_, i) => i % 9);
    const features = [
      { name: 'count', shape: [latents], data: Int32Array.from(counts) },
      { name: 'sum', shape: [latents], data: Float32Array.from(counts) },
      { name: 'max', shape: [latents], data: Float32Array.from(counts) },
    ];
    writeSafetensors(join(at, id, runFiles.features), features);
    const lines = Array.from({ length: points }, (_, x) =>
      JSON.stringify({ x, values: { loss: x } }),
    );
    writeFileSync(join(at, id, runFiles.points), `${lines.join('\n')}\n`);
    for (const [kind, name] of [
      ['features', runFiles.features],
      ['points', runFiles.points],
    ] as const)
      files.push({ kind, path: `${id}/${name}` });
  }
  writeFileSync(join(at, jobFiles.spec), JSON.stringify(spec));
  writeResult(
    at,
    {
      job,
      attempt: 1,
      featureTokens: 1000,
      context: 10,
      runs: runs.map(({ id, seed }) => ({
        id,
        seed,
        dictionary: `dict_${id.slice(4)}`,
        hook: spec.hook,
        architecture: 'relu',
        dIn: 8,
        latents,
        metrics: { l0: 30, mse: null },
        seconds: 1,
      })),
    },
    files,
  );
  const db = await openWriter(databaseFile(folder));
  insertJob(db, { id: job, spec, state: 'finishing', createdAt: 1, attempt: 1 });
  insertRunsOfJob(db, { job, spec, createdAt: 1 }, runs);
  db.close();
  return folder;
}

const whole = {
  metrics: 2 * runs.length,
  points: points * runs.length,
  dictionaries: runs.length,
  features: latents * runs.length,
  artifacts: 2 * runs.length,
};
const nothing = { metrics: 0, points: 0, dictionaries: 0, features: 0, artifacts: 0 };

/** What is in the database, as the dead host left it. */
async function look(folder: string) {
  const db = await openWriter(databaseFile(folder));
  try {
    const count = (table: string) => db.get<{ n: number }>(`SELECT count(*) n FROM ${table}`)!.n;
    const counts = Object.fromEntries(Object.keys(whole).map((table) => [table, count(table)]));
    const states = db.all<{ state: string }>('SELECT state FROM jobs').map(({ state }) => state);
    expect(db.pragma('integrity_check')).toBe('ok');
    return { counts, states };
  } finally {
    db.close();
  }
}

/** A host that is killed `milliseconds` after it said `from`; answers what it said. */
function runHost(folder: string, from: string, milliseconds: number, spec?: string) {
  const words = [folder, temporaryFolder(), ...(spec === undefined ? [] : [spec])];
  const child = fork(script, words, { env: { ...process.env, FAKE_STEP_MS: '2' } });
  const said: string[] = [];
  let started = 0;
  return new Promise<{ said: string[]; opened: number }>((done) => {
    let opened = Infinity;
    child.on('message', (message: string) => {
      said.push(message);
      if (message === 'opening') started = performance.now();
      if (message === 'open') opened = performance.now() - started;
      if (message === from) setTimeout(() => child.kill('SIGKILL'), milliseconds);
    });
    child.on('exit', () => done({ said, opened }));
  });
}

describe('a host killed while it imports results', () => {
  it(`has imported all or nothing, ${kills} times out of ${kills}, and the next host all of it once`, async () => {
    const template = await makeFinished();
    const copy = () => {
      const folder = join(temporaryFolder(), 'project');
      cpSync(template, folder, { recursive: true });
      return folder;
    };
    const { opened } = await runHost(copy(), 'open', 0);
    const random = new Random(7);
    let before = 0;
    for (let round = 0; round < kills; round++) {
      const folder = copy();
      await runHost(folder, 'opening', random.uniform() * opened);
      const left = await look(folder);
      const isIn = left.counts['dictionaries']! > 0;
      if (!isIn) before++;
      expect(left.counts).toEqual(isIn ? whole : nothing);
      expect(['finishing', ...(isIn ? ['succeeded'] : [])]).toContain(left.states[0]);

      const { client, host, bugs } = startHost();
      const { id: project } = await client.call('project.open', { path: folder });
      expect((await client.call('jobs.get', { project, job })).state).toBe('succeeded');
      await host.close();
      expect(await look(folder)).toEqual({ counts: whole, states: ['succeeded'] });
      expect(bugs).toEqual([]);
    }
    // Otherwise no kill came before the end of an import, and this test has shown nothing.
    expect(before).toBeGreaterThan(2);
  }, 300_000);
});

describe('a host killed while a job works', () => {
  it(`leaves it interrupted or whole, ${trainings} times out of ${trainings}, and it can go on`, async () => {
    const random = new Random(11);
    const spec = specText('checkpointEvery: 100').replace('sequences: 400', 'sequences: 3000');
    let interrupted = 0;
    for (let round = 0; round < trainings; round++) {
      const folder = makeProject();
      await runHost(folder, 'running', random.uniform() * 900, spec);
      const { client, until, bugs } = startHost();
      const { id: project } = await client.call('project.open', { path: folder });
      const [row] = await client.call('jobs.list', { project });
      // A worker that is still there saves itself first; the job is settled when it has gone.
      const settled = await until(project, row!.id, 'interrupted', 'succeeded');
      if (settled.state === 'interrupted') {
        interrupted++;
        expect(settled.error?.message).toContain('Resume continues');
        await client.call('jobs.act', { project, job: row!.id, action: 'requeue' });
        await until(project, row!.id, 'succeeded');
      }
      expect(await client.call('dictionaries.list', { project })).toHaveLength(1);
      expect(bugs).toEqual([]);
    }
    expect(interrupted).toBeGreaterThan(2);
  }, 300_000);
});
