import type { ToWorker } from './protocol.ts';

/** A worker process as the host sees it. What it sends is not trusted. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  send(message: ToWorker): void;
  onMessage(listener: (message: unknown) => void): void;
  /** What it writes to stderr, such as the last words of a native crash. */
  onErrorText(listener: (text: string) => void): void;
  /** Called once, after the last message. */
  onExit(listener: (exit: WorkerExit) => void): void;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export interface WorkerExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** How a shell starts worker processes: a forked Node, or Electron's utility process. */
export interface Launcher {
  launch(): WorkerProcess;
}

/**
 * Options that V8 is started with in a worker. Each step of a training leaves a little garbage, for which
 * V8 would double its nursery again and again, to some 150 MiB: a small one keeps the memory of a long
 * job where it is after its first steps, at the same speed.
 */
export const workerOptions = ['--max-semi-space-size=4'];
