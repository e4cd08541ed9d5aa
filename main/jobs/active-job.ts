import * as v from 'valibot';
import type { JobProgress } from '../../shared/contract/jobs.ts';
import type { LogLine } from '../../shared/contract/jobs.ts';
import type { Clock } from './clock.ts';
import type { Launcher, WorkerExit, WorkerProcess } from './launcher.ts';
import { fromWorker, type FromWorker, type JobAssignment } from './protocol.ts';
import { Throttle } from './throttle.ts';

const readyMilliseconds = 60_000;
const termMilliseconds = 10_000;
const killMilliseconds = 5_000;
const errorTextCharacters = 8_000;

export interface ActiveJobEvents {
  message(message: FromWorker): void;
  /** The worker cannot be trusted any more; it is being ended. */
  misbehaved(problem: string): void;
  log(level: LogLine['level'], text: string): void;
  exited(exit: WorkerExit): void;
}

/**
 * One attempt of one job: its process, from launch to exit. What comes from the process is checked
 * here; asking it to stop starts the ladder of message, SIGTERM and SIGKILL.
 */
export class ActiveJob {
  readonly assignment: JobAssignment;
  readonly #clock: Clock;
  readonly #events: ActiveJobEvents;
  readonly #process: WorkerProcess;
  readonly #throttle = new Throttle();
  readonly exit: Promise<WorkerExit>;
  progress: JobProgress | null = null;
  /** The end of its stderr, for the message about a crash. */
  errorText = '';
  #timers: (() => void)[] = [];
  #ready = false;
  #stopping = false;
  #ended = false;

  constructor(
    assignment: JobAssignment,
    options: { launcher: Launcher; clock: Clock; events: ActiveJobEvents },
  ) {
    this.assignment = assignment;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#process = options.launcher.launch();
    this.exit = new Promise((resolve) =>
      this.#process.onExit((exit) => {
        this.#end();
        resolve(exit);
        this.#events.exited(exit);
      }),
    );
    this.#process.onMessage((raw) => this.#receive(raw));
    this.#process.onErrorText((text) => this.#keepErrorText(text));
    this.#later(readyMilliseconds, () => {
      if (!this.#ready) this.#giveUp(`it did not start within ${readyMilliseconds / 1000} seconds`);
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  send(message: { type: 'pause' | 'resume' | 'checkpoint' }): void {
    if (!this.#ended) this.#process.send(message);
  }

  /** Asks the worker to save itself and stop, and makes sure that it does. */
  stop(): void {
    if (this.#stopping || this.#ended) return;
    this.#stopping = true;
    this.#process.send({ type: 'cancel' });
    this.#climb();
  }

  /** The work is done: the worker should go by itself, and is made to where it does not. */
  expectExit(): void {
    if (!this.#stopping && !this.#ended) this.#climb();
  }

  /** Ends the worker at once: it has nothing left to say. */
  kill(): void {
    this.#stopping = true;
    if (!this.#ended) this.#process.kill('SIGKILL');
  }

  #climb(): void {
    this.#later(termMilliseconds, () => {
      this.#process.kill('SIGTERM');
      this.#later(killMilliseconds, () => this.#process.kill('SIGKILL'));
    });
  }

  #receive(raw: unknown): void {
    if (this.#ended || !this.#throttle.admits(raw, this.#clock.now())) return;
    const parsed = v.safeParse(fromWorker, raw);
    if (!parsed.success)
      return this.#giveUp(`it sent what is not a message: ${parsed.issues[0].message}`);
    const dropped = this.#throttle.takeDropped();
    if (dropped > 0)
      this.#events.log(
        'warn',
        `${dropped} messages came too fast from the worker and were left out.`,
      );
    const message = parsed.output;
    if (message.type === 'ready') {
      if (this.#ready) return;
      this.#ready = true;
      // Nothing is lost yet where it was asked to stop before it began.
      if (this.#stopping) return this.kill();
      this.#process.send({ type: 'start', assignment: this.assignment });
    } else if (message.type === 'progress') this.progress = message.progress;
    this.#events.message(message);
  }

  #giveUp(problem: string): void {
    if (this.#ended) return;
    this.#events.misbehaved(problem);
    this.kill();
  }

  #keepErrorText(text: string): void {
    this.errorText = (this.errorText + text).slice(-errorTextCharacters);
  }

  #later(milliseconds: number, run: () => void): void {
    if (!this.#ended) this.#timers.push(this.#clock.after(milliseconds, run));
  }

  #end(): void {
    this.#ended = true;
    for (const cancel of this.#timers.splice(0)) cancel();
  }
}
