const windowMilliseconds = 10_000;
const shortestMilliseconds = 500;
/** Between two samples: enough for a smooth rate, few enough to keep. */
const sampleMilliseconds = 200;

/** Units per second over the last ten seconds. */
export class RateMeter {
  #samples: { time: number; done: number }[] = [];
  #last: { time: number; done: number } | undefined;

  /** Forgets what came before, as after a pause. */
  reset(): void {
    this.#samples = [];
    this.#last = undefined;
  }

  add(time: number, done: number): void {
    // The clock was set back.
    if (this.#last && time < this.#last.time) this.#samples = [];
    this.#last = { time, done };
    const newest = this.#samples.at(-1);
    if (newest && time - newest.time < sampleMilliseconds) return;
    this.#samples.push(this.#last);
    while (this.#samples.length > 2 && time - this.#samples[1]!.time >= windowMilliseconds)
      this.#samples.shift();
  }

  /** Null until there is half a second to judge by. */
  rate(): number | null {
    const first = this.#samples[0];
    if (!first || !this.#last) return null;
    const milliseconds = this.#last.time - first.time;
    if (milliseconds < shortestMilliseconds) return null;
    return (1000 * (this.#last.done - first.done)) / milliseconds;
  }

  /** The rate, and how long the rest up to `total` takes at it; null where nobody can tell. */
  outlook(total: number): { rate: number | null; remainingSeconds: number | null } {
    const rate = this.rate();
    if (rate === null || rate <= 0 || !this.#last) return { rate, remainingSeconds: null };
    return { rate, remainingSeconds: (total - this.#last.done) / rate };
  }
}
