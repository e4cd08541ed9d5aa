import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';
import { makeProject, specText, startHost } from '../support/host.ts';

describe('a project', () => {
  it('is one and the same by whatever path it is opened', async () => {
    const { client } = startHost();
    const folder = makeProject();
    const link = join(temporaryFolder(), 'link');
    symlinkSync(folder, link);
    const [first, second] = await Promise.all([
      client.call('project.open', { path: folder }),
      client.call('project.open', { path: link }),
    ]);
    expect(second).toEqual(first);
  });

  it('can be opened again while it is being closed', async () => {
    const { client, until } = startHost();
    const path = makeProject();
    const { id: project } = await client.call('project.open', { path });
    const spec = specText().replace('sequences: 400', 'sequences: 100000');
    const { id: job } = await client.call('jobs.submit', { project, spec });
    await until(project, job, 'running');
    // The close waits for the worker; a page that is loaded again does not.
    const closed = client.call('project.close', { project });
    const [again] = await Promise.all([client.call('project.open', { path }), closed]);
    expect(again.id).toBe(project);
    expect((await client.call('jobs.get', { project, job })).state).toBe('interrupted');
  });

  it('that is not open any more is not found', async () => {
    const { client } = startHost();
    const { id: project } = await client.call('project.open', { path: makeProject() });
    await client.call('project.close', { project });
    await expect(client.call('jobs.list', { project })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('Open its folder again'),
    });
  });
});
