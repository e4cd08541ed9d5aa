import { setImmediate } from 'node:timers/promises';
import type { JobProgress } from '../../shared/contract/jobs.ts';
import type { ErrorJson } from '../../shared/errors.ts';
import { AppError, hasCode } from '../../shared/errors.ts';
import { systemClock, type Clock } from './clock.ts';
import type { FromWorker, ToWorker } from './protocol.ts';
import { RateMeter } from './rate-meter.ts';

/** What the host wants of a job at this moment. */
export type Order =
  | 'continue'
  /** Write a checkpoint, then go on. */
  | 'checkpoint'
  /** Write a checkpoint where there is something to keep, then throw {@link stopped}. */
  | 'stop';

const progressMilliseconds = 100;

/**
 * The worker's side of pause, resume, cancel, checkpoint-now and progress. Numbers block the event
 * loop, so a job calls `next()` between its steps:
 *
 *   for (; step < steps; step++) {
 *     const order = await control.next();
 *     if (order !== 'continue') await control.retrying(() => save(step));
 *     if (order === 'stop') throw stopped();
 *     …
 *     control.progress('training', tokens, totalTokens, 'tokens');
 *   }
 */
export class JobControl {
  readonly #send: (message: FromWorker) => void;
  readonly #clock: Clock;
  readonly #meter: RateMeter;
  #stop = false;
  #checkpoint = false;
  #paused = false;
  /** The host knows that the job stands still. */
  #pauseTold = false;
  #wake: (() => void) | undefined;
  #phase: string | undefined;
  #lastSent = -Infinity;

  constructor(send: (message: FromWorker) => void, clock: Clock = systemClock) {
    this.#send = send;
    this.#clock = clock;
    this.#meter = new RateMeter();
  }

  /** The host asked the job to stop; long work without steps may look here. */
  get stopRequested(): boolean {
    return this.#stop;
  }

  receive(message: ToWorker): void {
    if (message.type === 'pause') this.#paused = true;
    else if (message.type === 'resume') this.#paused = false;
    else if (message.type === 'checkpoint') this.#checkpoint = true;
    else if (message.type === 'cancel') this.#stop = true;
    this.#wake?.();
  }

  /** Lets messages in, waits while the job is paused, and says what to do. */
  async next(): Promise<Order> {
    await setImmediate();
    while (this.#paused && !this.#stop && !this.#checkpoint) await this.#standStill(null);
    if (this.#pauseTold && !this.#paused) this.#goOn();
    if (this.#stop) return 'stop';
    if (!this.#checkpoint) return 'continue';
    this.#checkpoint = false;
    return 'checkpoint';
  }

  /**
   * Writes something, and where the disk is full pauses until the user has made room and resumes,
   * instead of losing the work so far.
   * @throws what `write` throws otherwise, and `disk-full` once the job is to stop.
   */
  async retrying(write: () => void): Promise<void> {
    for (;;) {
      try {
        return write();
      } catch (error) {
        if (!hasCode(error, 'disk-full') || this.#stop) throw error;
        this.#paused = true;
        this.#pauseTold = false;
        while (this.#paused && !this.#stop) await this.#standStill(error.toJSON());
        if (this.#stop) throw error;
        this.#goOn();
      }
    }
  }

  /**
   * Tells how far the job is, at most ten times a second, and always the first and the last of a
   * phase. `done` and `total` are whole numbers of `unit`.
   */
  progress(phase: string, done: number, total: number, unit: string): void {
    const now = this.#clock.now();
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#meter.reset();
      this.#lastSent = -Infinity;
    }
    this.#meter.add(now, done);
    const since = now - this.#lastSent;
    // Negative where the clock was set back: waiting for it to catch up could take hours.
    if (since >= 0 && since < progressMilliseconds && done < total) return;
    this.#lastSent = now;
    const progress: JobProgress = { phase, done, total, unit, ...this.#meter.outlook(total) };
    this.#send({ type: 'progress', progress });
  }

  async #standStill(error: ErrorJson | null): Promise<void> {
    if (!this.#pauseTold) {
      this.#pauseTold = true;
      this.#send({ type: 'paused', error });
    }
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
  }

  #goOn(): void {
    this.#pauseTold = false;
    this.#meter.reset();
    this.#send({ type: 'resumed' });
  }
}

/** What a job throws after it was told to stop and has written what there is to keep. */
export function stopped(): AppError {
  return new AppError(
    'cancelled',
    'The job was stopped. Resume continues from its last checkpoint.',
  );
}
