import { execFileSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { forkLauncher } from '../../main/headless/launcher.ts';
import { startHost } from '../support/host.ts';
import { tinySpec } from '../support/tiny-project-files.ts';
import { makeTinyProject } from '../support/tiny-project.ts';

/** Test plan A5: a real disk of 48 MB, filled to so many bytes while a job works. */
const rooms = [0, 1 << 10, 4 << 10, 1 << 20];
const diskBytes = 48 << 20;

const mounted: string[] = [];
afterEach(() => {
  for (const folder of mounted.splice(0)) {
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true });
  }
});

/** A small disk of its own, or undefined where this user may not mount one. */
function smallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'assay-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', folder], {
      stdio: 'ignore',
    });
    mounted.push(folder);
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

/** Fills a disk but for `room` bytes; answers the file to remove. */
function fill(disk: string, room: number): string {
  const path = join(disk, 'filling');
  const fd = openSync(path, 'w');
  const free = () => {
    const { bavail, bsize } = statfsSync(disk);
    return bavail * bsize - room;
  };
  try {
    // The job writes too, so what was free a moment ago may not be.
    for (let bytes = free(); bytes > 0; bytes = free()) writeSync(fd, Buffer.alloc(bytes));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  closeSync(fd);
  return path;
}

const canMount = (() => {
  const disk = smallDisk();
  if (disk === undefined) return false;
  execFileSync('umount', [mounted.pop()!]);
  rmSync(disk, { recursive: true });
  return true;
})();

describe.skipIf(!canMount)('a job on a disk that fills up (needs the right to mount one)', () => {
  it.each(rooms)('with %i bytes left pauses, and goes on once there is room', async (room) => {
    const disk = smallDisk()!;
    const folder = join(disk, 'project');
    mkdirSync(folder);
    cpSync(makeTinyProject(), folder, { recursive: true });
    const { client, until, bugs } = startHost({ launcher: forkLauncher() });
    const { id: project } = await client.call('project.open', { path: folder });
    const spec = tinySpec({
      training: { sequences: 2000, batch: 4, learningRate: 1e-3 },
      checkpointEvery: 40,
      dictionary: { latents: 1000 },
    });
    const { id: job } = await client.call('jobs.submit', { project, spec });
    await until(project, job, 'running');
    const filling = fill(disk, room);
    const { error } = await until(project, job, 'paused', 'failed', 'succeeded');
    expect(error).toMatchObject({ code: 'disk-full' });
    expect((await client.call('project.overview', { project })).items.length).toBeGreaterThan(2);
    rmSync(filling);
    await client.call('jobs.act', { project, job, action: 'resume' });
    await until(project, job, 'succeeded', 'failed');
    expect((await client.call('jobs.get', { project, job })).error).toBeNull();
    expect(bugs).toEqual([]);
  });
});
