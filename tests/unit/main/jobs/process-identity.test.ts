import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { isSameProcess, processStart } from '../../../../main/jobs/process-identity.ts';

describe('the start of a process', () => {
  it('is the same whenever it is asked for', () => {
    expect(processStart(process.pid)).toBeTypeOf('string');
    expect(processStart(process.pid)).toBe(processStart(process.pid));
  });

  it('tells a process from an older one with its pid', async () => {
    const child = spawn('sleep', ['30']);
    const started = processStart(child.pid!)!;
    expect(isSameProcess(child.pid!, started)).toBe(true);
    expect(isSameProcess(child.pid!, `${started}0`)).toBe(false);
    expect(isSameProcess(process.pid, started)).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isSameProcess(child.pid!, started)).toBe(false);
  });

  it('is unknown for a process that is not there, or was never recorded', () => {
    expect(processStart(2 ** 22 + 12_345)).toBeUndefined();
    expect(isSameProcess(null, null)).toBe(false);
    expect(isSameProcess(process.pid, null)).toBe(false);
  });
});
