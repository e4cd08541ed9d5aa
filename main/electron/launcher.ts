import { utilityProcess } from 'electron';
import {
  workerOptions,
  type Launcher,
  type WorkerExit,
  type WorkerProcess,
} from '../jobs/launcher.ts';
import type { ToWorker } from '../jobs/protocol.ts';

/** A worker needs no keys; it inherits none. */
const secretName = /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i;

/** Starts workers as Electron's utility processes: the same file that the headless shell forks. */
export class UtilityLauncher implements Launcher {
  readonly #entry: string;

  /** @param entry path of the worker's file */
  constructor(entry: string) {
    this.#entry = entry;
  }

  launch(): WorkerProcess {
    const child = utilityProcess.fork(this.#entry, [], {
      serviceName: 'Assay worker',
      stdio: ['ignore', 'ignore', 'pipe'],
      env: workerEnvironment(process.env),
      execArgv: workerOptions,
    });
    // The pid is gone from the object once the process has ended.
    let pid: number | undefined;
    child.once('spawn', () => (pid = child.pid));
    return {
      get pid() {
        return child.pid ?? pid;
      },
      send: (message: ToWorker) => child.postMessage(message),
      onMessage: (listener) => child.on('message', listener),
      onErrorText: (listener) => {
        child.stderr?.on('data', (chunk: Buffer) => listener(chunk.toString('utf8')));
        // A fatal error of V8 comes as an event, with its report in place of last words.
        child.on('error', (type, location, report) =>
          listener(`${type} at ${location}\n${report}\n`),
        );
      },
      onExit: (listener) => child.once('exit', (code) => listener(describeExit(code))),
      kill: (signal) => {
        // `kill` of a utility process asks politely, as SIGTERM does.
        if (signal === 'SIGTERM') child.kill();
        else if (child.pid !== undefined) endNow(child.pid);
        else child.once('spawn', () => child.pid !== undefined && endNow(child.pid));
      },
    };
  }
}

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended in the meantime.
  }
}

/** The environment without what could be a key. */
export function workerEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !secretName.test(entry[0]),
  );
  return Object.fromEntries(kept);
}

/** On POSIX the code of a process that a signal ended is the signal's number. */
function describeExit(code: number): WorkerExit {
  return { code, signal: null };
}
