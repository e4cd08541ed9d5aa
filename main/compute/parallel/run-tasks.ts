import { Worker } from 'node:worker_threads';
import { AppError } from '../../../shared/errors.ts';

/**
 * What the module of a group of tasks exports as `openTasks`: called once per thread with what all
 * tasks share, it answers the function that each task is one call of. Outputs must not depend on which
 * thread ran a task, or after which other one.
 */
export type OpenTasks<Shared, Input, Output> = (shared: Shared) => (input: Input) => Output;

export interface TaskGroup<Shared, Input> {
  /** The module, as `new URL('./x.ts', import.meta.url)`; the built program has it as `.js`. */
  readonly module: URL;
  /** Sent to each thread once. Large arrays lie in SharedArrayBuffers, or are copied for each. */
  readonly shared: Shared;
  readonly inputs: readonly Input[];
  readonly threads: number;
}

export interface TaskListener<Output> {
  /** Called as tasks end, in any order. */
  readonly onOutput: (output: Output, task: number) => void;
  /** Awaited between tasks of the calling thread's turn: the place to stop by throwing. */
  readonly pause?: (() => Promise<void>) | undefined;
}

/** What a thread is started with, and what it says. */
export interface TaskThreadData {
  readonly module: string;
  readonly shared: unknown;
}
export type TaskReply = { readonly output: unknown } | { readonly failure: string };

/**
 * Runs tasks on threads of their own and hands over each output. Throws what a task threw (AppError
 * `worker-crashed` with its words), or what `pause` threw; all threads have then ended.
 */
export async function runTasks<Shared, Input, Output>(
  { module, shared, inputs, threads }: TaskGroup<Shared, Input>,
  listener: TaskListener<Output>,
): Promise<void> {
  const file = ownModule(module);
  const helpers = Math.min(threads, inputs.length);
  if (helpers <= 1) return await runHere(file, shared, inputs, listener);
  const data: TaskThreadData = { module: file.href, shared };
  const workers = Array.from({ length: helpers }, (_, thread) => new TaskThread(thread, data));
  let next = 0;
  try {
    await Promise.all(
      workers.map(async (worker) => {
        while (next < inputs.length) {
          const task = next++;
          listener.onOutput((await worker.ask(inputs[task])) as Output, task);
          await listener.pause?.();
        }
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.end()));
  }
}

/** Source and built program name the same module differently. */
function ownModule(module: URL): URL {
  return import.meta.url.endsWith('.ts') ? module : new URL(module.href.replace(/\.ts$/, '.js'));
}

async function runHere<Shared, Input, Output>(
  file: URL,
  shared: Shared,
  inputs: readonly Input[],
  { onOutput, pause }: TaskListener<Output>,
): Promise<void> {
  const { openTasks } = (await import(file.href)) as {
    openTasks: OpenTasks<Shared, Input, Output>;
  };
  const run = openTasks(shared);
  for (const [task, input] of inputs.entries()) {
    onOutput(run(input), task);
    await pause?.();
  }
}

/** A thread that answers one input at a time. */
class TaskThread {
  readonly #worker: Worker;
  #settle: { resolve: (output: unknown) => void; reject: (reason: unknown) => void } | undefined;
  #failure: AppError | undefined;

  constructor(number: number, data: TaskThreadData) {
    const own = import.meta.url.endsWith('.ts') ? './task-thread.ts' : './task-thread.js';
    this.#worker = new Worker(new URL(own, import.meta.url), {
      name: `task ${number}`,
      workerData: data,
      execArgv: [],
    });
    this.#worker.on('message', (reply: TaskReply) => {
      if ('output' in reply) this.#settle?.resolve(reply.output);
      else this.#fail(reply.failure);
    });
    this.#worker.on('error', (error) => this.#fail(String(error)));
    this.#worker.on('exit', (code) => this.#fail(`it ended with code ${code}`));
  }

  ask(input: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      this.#settle = { resolve, reject };
      this.#worker.postMessage(input);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(words: string): void {
    this.#failure ??= new AppError(
      'worker-crashed',
      `A thread of the computation stopped: ${words}. Please report this.`,
      { failure: words },
    );
    this.#settle?.reject(this.#failure);
  }
}

/** The same numbers in memory that all threads see. */
export function sharedFloats(values: Float32Array): Float32Array<SharedArrayBuffer> {
  if (values.buffer instanceof SharedArrayBuffer) return values as Float32Array<SharedArrayBuffer>;
  const out = new Float32Array(new SharedArrayBuffer(values.byteLength));
  out.set(values);
  return out;
}

/** The same numbers in memory that all threads see. */
export function sharedInts(values: Int32Array): Int32Array<SharedArrayBuffer> {
  if (values.buffer instanceof SharedArrayBuffer) return values as Int32Array<SharedArrayBuffer>;
  const out = new Int32Array(new SharedArrayBuffer(values.byteLength));
  out.set(values);
  return out;
}
