import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Every synchronous file operation that changes or flushes something, and those that read. */
const writing = [
  'openSync',
  'writeSync',
  'fsyncSync',
  'closeSync',
  'mkdirSync',
  'renameSync',
  'rmSync',
  'ftruncateSync',
] as const;
const reading = ['readSync', 'readFileSync', 'readdirSync'] as const;

export type Fault =
  /** The process is gone before the operation does anything. */
  | 'kill'
  | 'ENOSPC'
  | 'EIO'
  | 'EACCES'
  /** A write takes only half of what it is given; nothing fails. */
  | 'short write';

export interface Faults {
  /** Operations so far. */
  readonly count: number;
  /** The fault has happened. */
  readonly happened: boolean;
  restore(): void;
}

type Operation = (...parameters: unknown[]) => unknown;

/**
 * From now on the `at`-th file operation of this process fails. Once only, or from then on where
 * `lasting` is set, as a full disk does (only operations that write fail then).
 */
export function injectFault(fault: Fault, at: number, lasting = false): Faults {
  const table = fs as unknown as Record<string, Operation>;
  const originals = new Map<string, Operation>();
  const state = { count: 0, happened: false };
  const due = () => (lasting ? state.count >= at : state.count === at);
  for (const name of [...writing, ...reading]) {
    const original = table[name]!;
    originals.set(name, original);
    table[name] = (...parameters) => {
      state.count++;
      if (!due() || !applies(fault, name, lasting)) return original(...parameters);
      state.happened = true;
      if (fault === 'kill') process.kill(process.pid, 'SIGKILL');
      if (fault !== 'short write') {
        // A descriptor is gone even when closing it reports an error.
        if (name === 'closeSync') original(...parameters);
        throw Object.assign(new Error(`${fault}: injected`), { code: fault, syscall: name });
      }
      const [fd, bytes, offset = 0, length = bytes.length - offset, ...rest] = parameters as [
        number,
        Buffer,
        number?,
        number?,
        ...unknown[],
      ];
      return original(fd, bytes, offset, Math.ceil(length / 2), ...rest);
    };
  }
  syncBuiltinESMExports();
  return {
    get count() {
      return state.count;
    },
    get happened() {
      return state.happened;
    },
    restore() {
      for (const [name, original] of originals) table[name] = original;
      syncBuiltinESMExports();
    },
  };
}

function applies(fault: Fault, name: string, lasting: boolean): boolean {
  if (fault === 'short write') return name === 'writeSync';
  if (fault === 'ENOSPC' && lasting) return name === 'writeSync' || name === 'mkdirSync';
  return true;
}
