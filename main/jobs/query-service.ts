import * as v from 'valibot';
import { AppError, errorFromJson } from '../../shared/errors.ts';
import type { Clock } from './clock.ts';
import type { Launcher, WorkerProcess } from './launcher.ts';
import { fromWorker } from './protocol.ts';

export interface QueryOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds after which the answer is no longer waited for. */
  readonly timeout?: number;
  /** Called now and then by queries that take long. */
  readonly onProgress?: (done: number, total: number, phase?: string) => void;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: AppError) => void;
  readonly onProgress: QueryOptions['onProgress'];
}

const defaultTimeout = 120_000;
/** A cancelled query gets this long to heed it before its worker is replaced. */
const heedMilliseconds = 5_000;
/** An idle worker gives its memory back. */
const idleMilliseconds = 10 * 60_000;
const errorTextCharacters = 2_000;

/**
 * Answers short calculations from one worker process that is kept warm. A worker that crashes, or
 * that does not heed a cancel, is replaced at the next query.
 */
export class QueryService {
  readonly #launcher: Launcher;
  readonly #clock: Clock;
  #worker: QueryWorker | undefined;
  #cancelIdle: (() => void) | undefined;

  constructor(launcher: Launcher, clock: Clock) {
    this.#launcher = launcher;
    this.#clock = clock;
  }

  /**
   * @throws AppError what the query throws, `cancelled`, `timeout`, or `worker-crashed`.
   */
  async ask(name: string, input: unknown, options: QueryOptions = {}): Promise<unknown> {
    if (options.signal?.aborted) throw cancelled();
    this.#cancelIdle?.();
    const worker = this.#usableWorker();
    try {
      return await worker.ask(name, input, options);
    } finally {
      if (worker.isIdle) this.#retireLater(worker);
    }
  }

  /** Waits until the worker has dropped what was cancelled, and has tidied up after it. */
  async settle(): Promise<void> {
    await this.#worker?.settle();
  }

  close(): void {
    this.#cancelIdle?.();
    this.#worker?.kill();
  }

  #usableWorker(): QueryWorker {
    if (!this.#worker?.isUsable) this.#worker = new QueryWorker(this.#launcher, this.#clock);
    return this.#worker;
  }

  #retireLater(worker: QueryWorker): void {
    this.#cancelIdle?.();
    this.#cancelIdle = this.#clock.after(idleMilliseconds, () => {
      if (worker.isIdle) worker.kill();
    });
  }
}

class QueryWorker {
  readonly #process: WorkerProcess;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  /** Cancelled queries that the worker has not answered yet, and how to stop waiting for that. */
  readonly #unheeded = new Map<number, () => void>();
  #waiting: (() => void)[] | undefined = [];
  #settled: (() => void)[] = [];
  #nextId = 1;
  #usable = true;
  #errorText = '';

  constructor(launcher: Launcher, clock: Clock) {
    this.#clock = clock;
    this.#process = launcher.launch();
    this.#process.onMessage((raw) => this.#receive(raw));
    this.#process.onErrorText((text) => {
      this.#errorText = (this.#errorText + text).slice(-errorTextCharacters);
    });
    this.#process.onExit(({ code, signal }) =>
      this.#fail(`it ended (${signal ?? `code ${code}`})`),
    );
  }

  get isUsable(): boolean {
    return this.#usable;
  }

  get isIdle(): boolean {
    return this.#pending.size === 0;
  }

  kill(): void {
    this.#usable = false;
    this.#process.kill('SIGKILL');
  }

  async settle(): Promise<void> {
    if (this.#unheeded.size > 0) await new Promise<void>((done) => this.#settled.push(done));
  }

  ask(name: string, input: unknown, options: QueryOptions): Promise<unknown> {
    const { signal, timeout = defaultTimeout } = options;
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const giveUp = (error: AppError) => {
        if (!this.#pending.has(id)) return;
        this.#pending.get(id)?.reject(error);
        this.#cancel(id);
      };
      const abort = () => giveUp(cancelled());
      const cancelTimer = this.#clock.after(timeout, () => giveUp(timedOut(name, timeout)));
      const settle = () => {
        cancelTimer();
        signal?.removeEventListener('abort', abort);
        this.#pending.delete(id);
      };
      this.#pending.set(id, {
        resolve: (value) => (settle(), resolve(value)),
        reject: (error) => (settle(), reject(error)),
        onProgress: options.onProgress,
      });
      signal?.addEventListener('abort', abort, { once: true });
      this.#whenReady(() => this.#process.send({ type: 'query', id, name, input }));
    });
  }

  /** Asks the worker to drop a query, and replaces it where it is too busy to listen. */
  #cancel(id: number): void {
    this.#process.send({ type: 'cancel-query', id });
    this.#unheeded.set(
      id,
      this.#clock.after(heedMilliseconds, () => this.#insist(id)),
    );
  }

  /** A worker that somebody else still waits for is left to finish that first. */
  #insist(id: number): void {
    if (this.#pending.size > 0) {
      this.#unheeded.set(
        id,
        this.#clock.after(heedMilliseconds, () => this.#insist(id)),
      );
      return;
    }
    this.#fail('it did not heed a cancel');
    this.kill();
  }

  #whenReady(run: () => void): void {
    if (this.#waiting) this.#waiting.push(run);
    else run();
  }

  #receive(raw: unknown): void {
    const parsed = v.safeParse(fromWorker, raw);
    if (!parsed.success) {
      this.#fail('it sent what is not a message');
      return this.kill();
    }
    const message = parsed.output;
    if (message.type === 'ready') {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      for (const run of waiting) run();
    } else if (message.type === 'query-progress')
      this.#pending.get(message.id)?.onProgress?.(message.done, message.total, message.phase);
    else if (message.type === 'answer' || message.type === 'query-failed') {
      this.#unheeded.get(message.id)?.();
      this.#unheeded.delete(message.id);
      this.#tellSettled();
      const pending = this.#pending.get(message.id);
      if (message.type === 'answer') pending?.resolve(message.result);
      else pending?.reject(errorFromJson(message.error));
    }
  }

  #tellSettled(): void {
    if (this.#unheeded.size === 0) for (const done of this.#settled.splice(0)) done();
  }

  #fail(problem: string): void {
    this.#usable = false;
    for (const cancelTimer of this.#unheeded.values()) cancelTimer();
    this.#unheeded.clear();
    this.#tellSettled();
    const error = new AppError(
      'worker-crashed',
      `The process that calculates was lost: ${problem}. Try again.`,
      this.#errorText === '' ? {} : { stderr: this.#errorText },
    );
    for (const pending of [...this.#pending.values()]) pending.reject(error);
  }
}

function cancelled(): AppError {
  return new AppError('cancelled', 'The calculation was cancelled.');
}

function timedOut(name: string, milliseconds: number): AppError {
  return new AppError(
    'timeout',
    `The calculation '${name}' took longer than ${milliseconds / 1000} seconds and was given up.`,
    { name, milliseconds },
  );
}
