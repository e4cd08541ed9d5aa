import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workerOptions, type Launcher, type WorkerProcess } from '../jobs/launcher.ts';

/** The worker's entry: TypeScript in the source tree, JavaScript once built. */
const defaultEntry = fileURLToPath(
  new URL(`../jobs/worker/index${extname(import.meta.url)}`, import.meta.url),
);

/** A worker needs no keys; it inherits none. */
const secretName = /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i;

/** Starts workers as forked Node processes. */
export function forkLauncher(entry: string = defaultEntry): Launcher {
  return { launch: () => launch(entry) };
}

function launch(entry: string): WorkerProcess {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !secretName.test(name)),
  );
  const child = fork(entry, [], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env,
    execArgv: workerOptions,
  });
  // A send to a process that has just gone; its exit is reported on its own.
  child.on('error', () => undefined);
  return {
    pid: child.pid,
    send(message) {
      if (child.connected) child.send(message, () => undefined);
    },
    onMessage: (listener) => void child.on('message', listener),
    onErrorText: (listener) =>
      void child.stderr?.setEncoding('utf8').on('data', (text: string) => listener(text)),
    onExit: (listener) => whenGone(child, listener),
    kill: (signal) => void child.kill(signal),
  };
}

/** After both the process and its channel have ended: messages may arrive after the exit. */
function whenGone(
  child: ReturnType<typeof fork>,
  listener: (exit: { code: number | null; signal: string | null }) => void,
): void {
  let exit: { code: number | null; signal: string | null } | undefined;
  let told = false;
  const tell = () => {
    if (told || !exit) return;
    told = true;
    listener(exit);
  };
  child.on('exit', (code, signal) => {
    exit = { code, signal };
    if (!child.connected) tell();
    // The channel may stay open where the worker has left a process of its own behind.
    else setTimeout(tell, 1000).unref();
  });
  child.on('disconnect', tell);
  child.on('error', () => {
    exit ??= { code: null, signal: null };
    if (child.pid === undefined) tell();
  });
}
