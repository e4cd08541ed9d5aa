import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * When a process started, in the system's own words, or undefined where there is no such process.
 * The system gives a pid to another process sooner or later; pid and start together name one process
 * for good. Independent of the wall clock on Linux, where it counts from the boot, which is named.
 */
export function processStart(pid: number): string | undefined {
  if (process.platform === 'linux') return linuxStart(pid);
  if (process.platform === 'win32') return windowsStart(pid);
  return firstLine('ps', ['-o', 'lstart=', '-p', String(pid)]);
}

function linuxStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in parentheses, may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const isZombie = fields[0] === 'Z' || fields[0] === 'X';
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return isZombie ? undefined : `${boot} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

function windowsStart(pid: number): string | undefined {
  const script = `(Get-Process -Id ${pid}).StartTime.Ticks`;
  return firstLine('powershell', ['-NoProfile', '-Command', script]);
}

function firstLine(command: string, parameters: string[]): string | undefined {
  try {
    const text = execFileSync(command, parameters, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5000,
    }).trim();
    return text === '' ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Is the process that was recorded still there, rather than another with its pid? */
export function isSameProcess(pid: number | null, started: string | null): boolean {
  return pid !== null && started !== null && processStart(pid) === started;
}
