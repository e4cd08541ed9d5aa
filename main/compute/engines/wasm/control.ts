/**
 * How the calling thread and its helpers share work: one control block in shared memory, a job in it
 * at a time, and tasks that whoever is free claims by an atomic counter. Which thread ran a task never
 * shows in a result, because every task writes a part of the output of its own.
 *
 * A helper joins a job only while it is open, and the caller closes it as soon as no task is left to
 * claim. So the caller waits for helpers that are at work, never for one that still has to wake up.
 */

/** A compiled kernel: (thread, begin, end, ...arguments). */
export type Kernel = (thread: number, begin: number, end: number, ...rest: number[]) => void;

/** Places in the control block, as 32-bit words; those that are written often lie 64 bytes apart. */
export const word = {
  /** Rises by one with each job; helpers sleep on it. */
  generation: 0,
  /** `open` while helpers may join, plus the number of helpers that have joined and not left. */
  state: 16,
  /** The next task to claim. */
  next: 32,
  /** Helpers asleep, so that a job that finds everyone awake costs no system call. */
  asleep: 48,
  /** The job: kernel number, items, items per task, number of arguments. */
  kernel: 64,
  items: 65,
  grain: 66,
  argumentCount: 67,
  /** Length of the text of the first failure of a job, or 0. */
  failure: 68,
  /** Set once, when helpers are to end. */
  stop: 69,
} as const;

const open = 1 << 30;
const maximumArguments = 24;
const argumentsByte = 384;
const failureByte = argumentsByte + maximumArguments * 8;
const failureBytes = 2048;

/**
 * Turns of the loop that looks for work (or for its end) before it sleeps: some 20 microseconds,
 * which bridges the gap between two operations of a training step and no more.
 */
const spins = 4000;

/** The control block, as either side sees it. */
export class Control {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #arguments: Float64Array;
  readonly #failure: Uint8Array;

  constructor(buffer = new SharedArrayBuffer(failureByte + failureBytes)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#arguments = new Float64Array(buffer, argumentsByte, maximumArguments);
    this.#failure = new Uint8Array(buffer, failureByte, failureBytes);
  }

  /** Opens a job and wakes those asleep. The caller then works on it and calls `finish`. */
  start(kernel: number, items: number, grain: number, list: readonly number[]): void {
    const words = this.#words;
    words[word.kernel] = kernel;
    words[word.items] = items;
    words[word.grain] = grain;
    words[word.argumentCount] = list.length;
    this.#arguments.set(list);
    words[word.failure] = 0;
    Atomics.store(words, word.next, 0);
    Atomics.store(words, word.state, open);
    Atomics.add(words, word.generation, 1);
    if (Atomics.load(words, word.asleep) > 0) Atomics.notify(words, word.generation);
  }

  /** Closes the job, waits for the helpers at work on it, and answers what went wrong in one. */
  finish(): string | undefined {
    const words = this.#words;
    let state = Atomics.and(words, word.state, ~open) & ~open;
    for (let turn = 0; state !== 0; turn += 1) {
      if (turn > spins) Atomics.wait(words, word.state, state);
      state = Atomics.load(words, word.state);
    }
    const length = words[word.failure]!;
    return length === 0 ? undefined : new TextDecoder().decode(this.#failure.slice(0, length));
  }

  /** Claims and runs tasks of the open job until none is left. */
  work(kernels: readonly Kernel[], thread: number): void {
    const words = this.#words;
    const kernel = kernels[words[word.kernel]!]!;
    const [items, grain] = [words[word.items]!, words[word.grain]!];
    const list = Array.from(this.#arguments.subarray(0, words[word.argumentCount]));
    for (;;) {
      const begin = Atomics.add(words, word.next, 1) * grain;
      if (begin >= items) return;
      kernel(thread, begin, Math.min(items, begin + grain), ...list);
    }
  }

  /** The life of a helper: waits for jobs and works on them until `stop`. */
  serve(kernels: readonly Kernel[], thread: number): void {
    const words = this.#words;
    let seen = 0;
    while (!Atomics.load(words, word.stop)) {
      seen = this.#nextGeneration(seen);
      if (!this.#join()) continue;
      try {
        this.work(kernels, thread);
      } catch (error) {
        this.fail(error);
      }
      if (Atomics.sub(words, word.state, 1) === 1) Atomics.notify(words, word.state);
    }
  }

  stop(): void {
    Atomics.store(this.#words, word.stop, 1);
    Atomics.add(this.#words, word.generation, 1);
    Atomics.notify(this.#words, word.generation);
  }

  /** Waits until the generation is another one than `seen`. */
  #nextGeneration(seen: number): number {
    const words = this.#words;
    for (let turn = 0; turn < spins; turn += 1) {
      const generation = Atomics.load(words, word.generation);
      if (generation !== seen) return generation;
    }
    Atomics.add(words, word.asleep, 1);
    Atomics.wait(words, word.generation, seen);
    Atomics.sub(words, word.asleep, 1);
    return Atomics.load(words, word.generation);
  }

  #join(): boolean {
    const words = this.#words;
    let state = Atomics.load(words, word.state);
    while (state & open) {
      const found = Atomics.compareExchange(words, word.state, state, state + 1);
      if (found === state) return true;
      state = found;
    }
    return false;
  }

  /** Keeps the text of the first failure for the caller, and takes the tasks that are left off the job. */
  fail(error: unknown): void {
    Atomics.store(this.#words, word.next, 1 << 29);
    if (Atomics.compareExchange(this.#words, word.failure, 0, 1) !== 0) return;
    const text = new TextEncoder().encode(String(error)).subarray(0, failureBytes);
    this.#failure.set(text);
    Atomics.store(this.#words, word.failure, text.length);
  }
}
