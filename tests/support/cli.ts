import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { temporaryFolder } from './folders.ts';

const root = resolve(import.meta.dirname, '../..');
const entry = join(root, 'main/headless/index.ts');
const defaultPatience = 60_000;

export interface CliResult {
  /** Exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<CliResult>;
  /** Ctrl-C: as a terminal does it, every process of the command gets the signal. */
  interrupt(): void;
  /** Waits until stderr or stdout holds a text. @throws Error where the process ends first. */
  until(text: string | RegExp): Promise<void>;
}

let home: string | undefined;

/** Starts `assay` as a real process with a home of its own. */
export function startAssay(
  words: readonly string[],
  options: {
    cwd?: string;
    env?: Record<string, string>;
    uid?: number;
    /** Milliseconds after which it is killed. */
    patience?: number;
  } = {},
): RunningCli {
  home ??= temporaryFolder();
  const child = spawn(process.execPath, [entry, ...words], {
    cwd: options.cwd ?? root,
    env: { ...process.env, ASSAY_HOME: home, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const tell = () => listeners.forEach((listener) => listener());
  child.stdout.setEncoding('utf8').on('data', (text: string) => ((stdout += text), tell()));
  child.stderr.setEncoding('utf8').on('data', (text: string) => ((stderr += text), tell()));
  const timer = setTimeout(
    () => process.kill(-child.pid!, 'SIGKILL'),
    options.patience ?? defaultPatience,
  );
  let result: CliResult | undefined;
  const ended = new Promise<CliResult>((done) =>
    child.on('close', (code) => {
      clearTimeout(timer);
      result = { code, stdout, stderr };
      tell();
      done(result);
    }),
  );
  const until = (text: string | RegExp) =>
    new Promise<void>((done, fail) => {
      const look = () => {
        const found = [stdout, stderr].some((part) =>
          typeof text === 'string' ? part.includes(text) : text.test(part),
        );
        if (!found && !result) return;
        listeners.delete(look);
        if (found) done();
        else fail(new Error(`'${String(text)}' did not come:\n${stdout}\n${stderr}`));
      };
      listeners.add(look);
      look();
    });
  return { child, ended, until, interrupt: () => void process.kill(-child.pid!, 'SIGINT') };
}

/** Runs `assay` to its end. */
export function assay(
  words: readonly string[],
  options: Parameters<typeof startAssay>[1] = {},
): Promise<CliResult> {
  return startAssay(words, options).ended;
}

/** Runs `assay … --json` and answers its exit code and the one document that it prints. */
export async function assayJson<T = Record<string, never>>(
  words: readonly string[],
  options: Parameters<typeof startAssay>[1] = {},
): Promise<{ code: number | null; document: T; stderr: string }> {
  const { code, stdout, stderr } = await assay([...words, '--json'], options);
  try {
    return { code, document: JSON.parse(stdout) as T, stderr };
  } catch (error) {
    throw new Error(`stdout is not one JSON document: ${stdout}\n${stderr}`, { cause: error });
  }
}

/** What a failed command prints with --json. */
export interface CliError {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly details: Readonly<Record<string, unknown>>;
  };
}
