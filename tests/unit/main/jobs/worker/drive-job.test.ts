import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Steps } from '../../../../../main/compute/steps.ts';
import { JobControl } from '../../../../../main/jobs/control.ts';
import type { FromWorker } from '../../../../../main/jobs/protocol.ts';
import { driveJob, readJobTable } from '../../../../../main/jobs/worker/drive-job.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-drive-'));
afterAll(() => rmSync(folder, { recursive: true }));

function listen(): { control: JobControl; told: FromWorker[] } {
  const told: FromWorker[] = [];
  return { told, control: new JobControl((message) => told.push(message)) };
}

function* count(to: number, onStep: (step: number) => void = () => undefined): Steps<string> {
  for (let done = 1; done <= to; done++) {
    onStep(done);
    yield { phase: 'counting', done, total: to };
  }
  return 'counted';
}

describe('a calculation of a job', () => {
  it('answers, and tells its last step with its phase', async () => {
    const { control, told } = listen();
    expect(await driveJob(count(5), control, 'rows')).toBe('counted');
    expect(told.at(-1)).toMatchObject({
      type: 'progress',
      progress: { phase: 'counting', done: 5, total: 5, unit: 'rows' },
    });
  });

  it('stops between two slices once it is cancelled', async () => {
    const { control } = listen();
    let last = 0;
    const steps = count(1e9, (step) => {
      last = step;
      if (step === 10) control.receive({ type: 'cancel' });
    });
    await expect(driveJob(steps, control)).rejects.toMatchObject({ code: 'cancelled' });
    expect(last).toBeLessThan(1e9);
  });

  it('stands still while it is paused', async () => {
    const { control, told } = listen();
    control.receive({ type: 'pause' });
    const done = driveJob(count(3), control);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(told.at(-1)).toMatchObject({ type: 'paused' });
    control.receive({ type: 'resume' });
    expect(await done).toBe('counted');
  });
});

describe('a table of a job', () => {
  it('is read with progress in bytes, and given up once the job is cancelled', async () => {
    const { control, told } = listen();
    const rows = Array.from({ length: 400_000 }, (_, i) => `${i},${i % 7}`);
    writeFileSync(join(folder, 'table.csv'), ['a,b', ...rows].join('\n'));
    const table = await readJobTable(folder, 'table.csv', control);
    expect(table.rows).toBe(400_000);
    expect(told[0]).toMatchObject({ progress: { phase: 'reading table.csv', unit: 'bytes' } });

    const another = listen();
    another.control.receive({ type: 'cancel' });
    writeFileSync(join(folder, 'other.csv'), ['a,b', ...rows, ...rows].join('\n'));
    const reading = readJobTable(folder, 'other.csv', another.control);
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  });
});
