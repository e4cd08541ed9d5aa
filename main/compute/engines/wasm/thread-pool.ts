import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../../../shared/errors.ts';
import { Control, type Kernel } from './control.ts';
import { instantiateKernels } from './kernel-module.ts';

/** What a helper thread is started with. */
export interface ThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
  /** Its number, from 1; the calling thread is 0. */
  readonly thread: number;
}

/** Runs kernels over the calling thread and its helpers. */
export class ThreadPool {
  readonly threads: number;
  /** First byte of the memory that the kernels' own constants leave free. */
  readonly heapBase: number;
  readonly #control = new Control();
  readonly #kernels: readonly Kernel[];
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #helpers: Worker[] = [];
  #closed = false;

  private constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, threads: number) {
    const { names, kernels, heapBase } = instantiateKernels(module, memory);
    this.threads = threads;
    this.heapBase = heapBase;
    this.#kernels = kernels;
    this.#numbers = new Map(names.map((name, number) => [name, number]));
  }

  /** Starts `threads - 1` helpers, which do not keep the process alive, and waits until they serve. */
  static async start(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    threads: number,
  ): Promise<ThreadPool> {
    const pool = new ThreadPool(module, memory, threads);
    // The same folder holds this file as TypeScript in the source tree and as JavaScript when built.
    const file = import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js';
    for (let thread = 1; thread < threads; thread += 1) {
      const data: ThreadData = { module, memory, control: pool.#control.buffer, thread };
      pool.#helpers.push(
        new Worker(new URL(file, import.meta.url), {
          name: `compute ${thread}`,
          workerData: data,
          execArgv: [],
        }),
      );
    }
    try {
      await Promise.all(pool.#helpers.map((helper) => once(helper, 'message')));
    } catch (error) {
      await pool.close();
      throw new AppError(
        'engine-unavailable',
        `A helper thread of the wasm engine did not start: ${String(error)}. Try again with one thread.`,
        { engine: 'wasm', threads },
        error,
      );
    }
    for (const helper of pool.#helpers) helper.unref();
    return pool;
  }

  /**
   * Runs a kernel on items 0 up to `items`, at most `grain` of them per task, and returns when all are
   * done. A trap in any thread is AppError `worker-crashed`, and outputs are then undefined.
   */
  run(name: string, items: number, grain: number, ...list: number[]): void {
    if (items === 0) return;
    if (this.#closed) throw new Error('The wasm engine was used after it was closed.');
    const number = this.#numbers.get(name);
    const kernel = number === undefined ? undefined : this.#kernels[number];
    if (number === undefined || kernel?.length !== list.length + 3)
      throw new Error(`There is no kernel ${name} that takes ${list.length} arguments.`);
    let failure: string | undefined;
    if (this.threads === 1 || items <= grain) {
      try {
        kernel(0, 0, items, ...list);
      } catch (error) {
        failure = String(error);
      }
    } else failure = this.#share(number, items, grain, list);
    if (failure !== undefined)
      throw new AppError(
        'worker-crashed',
        `The kernel ${name} of the wasm engine stopped: ${failure}. Please report this.`,
        { kernel: name, failure },
      );
  }

  #share(number: number, items: number, grain: number, list: number[]): string | undefined {
    this.#control.start(number, items, grain, list);
    try {
      this.#control.work(this.#kernels, 0);
    } catch (error) {
      this.#control.fail(error);
    }
    return this.#control.finish();
  }

  /** Ends the helpers. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#control.stop();
    await Promise.all(this.#helpers.map((helper) => helper.terminate()));
    this.#helpers.length = 0;
  }
}
