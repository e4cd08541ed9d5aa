import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lockProject } from '../../../../main/db/lock.ts';
import { AppError } from '../../../../shared/errors.ts';
import { temporaryFolder } from '../../../support/folders.ts';

const holderScript = join(import.meta.dirname, '../../../support/lock-holder.ts');

function refusal(folder: string): AppError {
  try {
    lockProject(folder, 1).release();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('the lock was given twice');
}

describe('the lock of a project', () => {
  it('is given once in a process, and again after its release', () => {
    const folder = temporaryFolder();
    const lock = lockProject(folder, 1);
    expect(refusal(folder).code).toBe('project-locked');
    lock.release();
    expect(existsSync(join(folder, 'lock.json'))).toBe(false);
    lockProject(folder, 1).release();
  });

  it('names the process and the computer that hold it', async () => {
    const folder = temporaryFolder();
    const child = fork(holderScript, [folder]);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'message');
    const error = refusal(folder);
    expect(error.code).toBe('project-locked');
    expect(error.message).toContain(`process ${child.pid} on ${hostname()}`);
  });

  it('ends with a process that was killed, whatever its file says', async () => {
    const folder = temporaryFolder();
    const child = fork(holderScript, [folder]);
    await once(child, 'message');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(join(folder, 'lock.json'))).toBe(true);
    lockProject(folder, 1).release();
  });

  it('is not mistaken for held when the pid in its file now belongs to another', () => {
    const folder = temporaryFolder();
    const stale = { pid: 1, host: hostname(), since: 1 };
    writeFileSync(join(folder, 'lock.json'), JSON.stringify(stale));
    lockProject(folder, 2).release();
  });

  it('of another computer is believed, and says how to go on', () => {
    const folder = temporaryFolder();
    const other = { pid: 77, host: 'other-box', since: 0 };
    writeFileSync(join(folder, 'lock.json'), JSON.stringify(other));
    const error = refusal(folder);
    expect(error.message).toContain('process 77 on other-box');
    expect(error.message).toContain(`delete ${join(folder, 'lock.json')}`);
  });

  it.each(['', '{', '{"pid":"x"}', '[]'])('takes no notice of a file that says %j', (content) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'lock.json'), content);
    lockProject(folder, 1).release();
  });
});
