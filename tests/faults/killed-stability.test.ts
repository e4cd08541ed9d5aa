import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../main/compute/random.ts';
import { forkLauncher } from '../../main/headless/launcher.ts';
import { temporaryFolder } from '../support/folders.ts';
import { startHost } from '../support/host.ts';

const rows = 4000;

function writeTable(path: string): void {
  const random = new RandomStream(5, 999);
  const columns = Array.from({ length: 9 }, () => random.normals(rows));
  const lines = Array.from({ length: rows }, (_, i) => {
    const cells = columns.map((column) => column[i]!);
    const y = Number(cells[0]! - cells[1]! / 2 + 2 * random.uniform() > 1);
    return [...cells, y].join(',');
  });
  writeFileSync(path, [[...'abcdefghi', 'y'].join(','), ...lines].join('\n'));
}

describe('a stability job whose worker is killed', () => {
  it('goes on from the refits that it kept, to the result of the uninterrupted one', async () => {
    const folder = temporaryFolder();
    writeTable(join(folder, 'table.csv'));
    let pid: number | undefined;
    const inner = forkLauncher();
    const launch = () => {
      const worker = inner.launch();
      pid = worker.pid;
      return worker;
    };
    const { client, until, bugs } = startHost({ launcher: { launch } });
    const { id: project } = await client.call('project.open', { path: folder });
    const spec = {
      kind: 'stability',
      name: 'study',
      table: 'table.csv',
      formula: 'y ~ a + b + c + d + e + f + g + h + i',
      penalty: { kind: 'l1', convention: 'liblinear', strength: 1 },
      subsets: 400,
      splits: { refits: 400 },
      bootstrap: 400,
      dropOne: 20,
      selection: { refits: 40 },
      power: { refits: 10 },
    };
    const submit = async () => (await client.call('jobs.submit', { project, spec })).id;
    const results = async () => {
      const all = await client.call('stability.list', { project });
      return Promise.all(
        all.map(async ({ id: study }) => {
          const {
            id: _id,
            createdAt: _time,
            ...rest
          } = await client.call('stability.get', {
            project,
            study,
          });
          return rest;
        }),
      );
    };

    const whole = await submit();
    await until(project, whole, 'succeeded', 'failed');
    expect(await results()).toHaveLength(1);

    const killed = await submit();
    await until(project, killed, 'running');
    await client.call('jobs.act', { project, job: killed, action: 'checkpoint' });
    for (;;) {
      const { checkpointStep, state } = await client.call('jobs.get', { project, job: killed });
      if (checkpointStep !== null) break;
      expect(state).toBe('running');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    process.kill(pid!, 'SIGKILL');
    const row = await until(project, killed, 'interrupted', 'succeeded');
    expect(row.state).toBe('interrupted');
    expect(row.checkpointStep).toBeGreaterThan(0);
    await client.call('jobs.act', { project, job: killed, action: 'requeue' });
    await until(project, killed, 'succeeded', 'failed');
    const found = await results();
    expect(found).toHaveLength(2);
    expect(found[0]).toEqual(found[1]);
    expect(bugs).toEqual([]);
  }, 120_000);
});
