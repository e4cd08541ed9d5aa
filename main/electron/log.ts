import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

export type LogLevel = 'info' | 'warn' | 'error';
export type Log = (level: LogLevel, message: string, details?: Record<string, unknown>) => void;

const largestBytes = 4_000_000;

/**
 * A log of JSON lines, the older half of it in `assay.old.log`. Writing it never fails its caller:
 * a full disk must not be what ends the application.
 */
export function fileLog(folder: string): Log {
  const path = join(folder, 'assay.log');
  return (level, message, details) => {
    const line = JSON.stringify({ time: new Date().toISOString(), level, message, ...details });
    try {
      mkdirSync(folder, { recursive: true });
      if (sizeOf(path) > largestBytes) renameSync(path, join(folder, 'assay.old.log'));
      appendFileSync(path, `${line}\n`, { mode: 0o600 });
    } catch {
      process.stderr.write(`${line}\n`);
    }
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
