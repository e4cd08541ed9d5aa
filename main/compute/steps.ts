/**
 * Long calculations are generators that stop for breath: they stay pure and synchronous to test, and a
 * worker can run them without blocking its messages.
 */
export interface Progress {
  /** What is being done, in words. */
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

export type Steps<T> = Generator<Progress, T, void>;

/** Runs a calculation to its end at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * Runs a calculation in slices of about 30 ms, between which messages and aborts are heard.
 * @throws the signal's reason once it is aborted
 */
export async function drive<T>(
  steps: Steps<T>,
  signal: AbortSignal,
  report?: (progress: Progress) => void,
): Promise<T> {
  let breath = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() - breath < 30) continue;
    report?.(step.value);
    await new Promise<void>((resolve) => setImmediate(resolve));
    breath = performance.now();
  }
}
