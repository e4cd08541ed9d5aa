import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { forkLauncher } from '../../main/headless/launcher.ts';
import type { Launcher } from '../../main/jobs/launcher.ts';
import { startHost } from '../support/host.ts';
import { Random } from '../support/random.ts';
import { makeTinyProject } from '../support/tiny-project.ts';
import { tinySpec } from '../support/tiny-project-files.ts';

/** The real worker, with the pid of the newest one at hand. */
function watchedLauncher(): Launcher & { pid: number } {
  const inner = forkLauncher();
  const watched = {
    pid: 0,
    launch() {
      const worker = inner.launch();
      watched.pid = worker.pid ?? 0;
      return worker;
    },
  };
  return watched;
}

const kills = 25;

/** A job may be done before its turn to be killed. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Then it has succeeded, which the test sees.
  }
}

describe('a training job whose worker is killed', () => {
  it(`ends with the weights and curves of the uninterrupted one, ${kills} times out of ${kills}`, async () => {
    const folder = makeTinyProject();
    const launcher = watchedLauncher();
    const { client, until, bugs } = startHost({ launcher });
    const { id: project } = await client.call('project.open', { path: folder });

    const submit = async () => {
      const { id } = await client.call('jobs.submit', { project, spec: tinySpec() });
      return id;
    };
    /** The final weights as written, and every point of every curve. */
    const outcome = async (job: string) => {
      const { runs } = await client.call('jobs.get', { project, job });
      const weights = runs.map((run) =>
        readFileSync(join(folder, '.assay/runs', job, run, 'dictionary.safetensors')),
      );
      const curves = await client.call('runs.series', {
        project,
        runs,
        names: null,
        buckets: 4000,
        from: null,
        to: null,
      });
      return { weights, curves: curves.map(({ series }) => series) };
    };

    const whole = await submit();
    await until(project, whole, 'running');
    const started = performance.now();
    await until(project, whole, 'succeeded', 'failed');
    let milliseconds = performance.now() - started;
    const expected = await outcome(whole);
    expect(expected.curves[0]!.find(({ name }) => name === 'loss')?.total).toBe(400);

    const random = new Random(20);
    let resumes = 0;
    for (let round = 0; round < kills; round++) {
      const job = await submit();
      await until(project, job, 'running');
      const launched = performance.now();
      await new Promise((done) => setTimeout(done, random.uniform() * milliseconds));
      killIfThere(launcher.pid);
      const row = await until(project, job, 'interrupted', 'succeeded');
      if (row.state === 'interrupted') {
        resumes++;
        await client.call('jobs.act', { project, job, action: 'requeue' });
        await until(project, job, 'succeeded', 'failed');
      } else {
        // The first run may have been slow: kills must come before the end.
        milliseconds = Math.min(milliseconds, performance.now() - launched);
      }
      expect(await outcome(job)).toEqual(expected);
    }
    expect(resumes).toBeGreaterThan(kills / 2);
    expect(bugs).toEqual([]);
  }, 600_000);
});
