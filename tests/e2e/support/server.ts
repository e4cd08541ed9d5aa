import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');

export interface Server {
  /** Address of the pages, with the token. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts `assay serve` as a user would, with a home of its own. @param folder project to open */
export async function startServer(
  home: string,
  folder?: string,
  environment: Record<string, string> = {},
): Promise<Server> {
  const child = spawn(
    process.execPath,
    [resolve(root, 'main/headless/index.ts'), 'serve', ...(folder === undefined ? [] : [folder])],
    {
      env: { ...process.env, ASSAY_HOME: home, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  try {
    const url = await readAddress(child);
    return { url, close: () => stop(child) };
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`assay serve did not start: ${errors}`, { cause: error });
  }
}

function readAddress(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const url = /http:\/\/\S+/.exec(text)?.[0];
      if (url !== undefined && text.includes('\n')) done(url);
    });
    child.on('exit', (code) => fail(new Error(`it ended with exit code ${code}`)));
  });
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((done) => {
    const force = setTimeout(() => child.kill('SIGKILL'), 20_000);
    child.on('exit', () => {
      clearTimeout(force);
      done();
    });
    child.kill('SIGTERM');
  });
}
