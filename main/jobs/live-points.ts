import type { Clock } from './clock.ts';
import type { Point } from './job-io.ts';

const flushMilliseconds = 1000;
const maxWaiting = 5000;

/** Gathers the points of running jobs, so that they reach the database in few transactions. */
export class LivePoints {
  readonly #clock: Clock;
  readonly #write: (run: string, points: readonly Point[]) => void;
  readonly #waiting = new Map<string, Point[]>();
  #count = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, write: (run: string, points: readonly Point[]) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  add(run: string, points: readonly Point[]): void {
    const waiting = this.#waiting.get(run);
    if (waiting) waiting.push(...points);
    else this.#waiting.set(run, [...points]);
    this.#count += points.length;
    if (this.#count >= maxWaiting) this.flush();
    else this.#cancelTimer ??= this.#clock.after(flushMilliseconds, () => this.flush());
  }

  flush(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#count = 0;
    for (const [run, points] of waiting) this.#write(run, points);
  }
}
