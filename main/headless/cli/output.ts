import type { JobProgress } from '../../../shared/contract/jobs.ts';
import type { ErrorJson } from '../../../shared/errors.ts';

/** The two streams of a command, so that tests can read them. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** stderr is a terminal that a line can be redrawn on. */
  readonly isTerminal: boolean;
}

const quietMilliseconds = 10_000;

/**
 * What a command says. The answer goes to stdout: text for people, or with --json exactly one JSON
 * document, error or not. Everything else goes to stderr.
 */
export class Output {
  readonly json: boolean;
  readonly #streams: Streams;
  #hasLine = false;
  #lastLine = -Infinity;
  #lastPhase: string | undefined;
  #lastDone = -1;

  constructor(json: boolean, streams: Streams) {
    this.json = json;
    this.#streams = streams;
  }

  /** The one answer of the command. @param text for people, made only where it is wanted. */
  answer(document: unknown, text: () => string): void {
    this.endProgress();
    this.#streams.out(`${this.json ? JSON.stringify(document, null, 2) : text()}\n`);
  }

  fail(error: ErrorJson): void {
    this.endProgress();
    if (this.json) this.#streams.out(`${JSON.stringify({ error }, null, 2)}\n`);
    else this.#streams.error(`assay: ${error.message}\n`);
  }

  note(text: string): void {
    this.endProgress();
    this.#streams.error(`${text}\n`);
  }

  /** One line that is redrawn on a terminal, and now and then a new line elsewhere. */
  progress(progress: JobProgress, now = Date.now()): void {
    const text = describeProgress(progress);
    if (this.#streams.isTerminal) {
      this.#streams.error(`\r\x1b[2K${text}`);
      this.#hasLine = true;
      return;
    }
    const isNew = progress.phase !== this.#lastPhase;
    const isLast = progress.done >= progress.total;
    if (!isNew && !isLast && now - this.#lastLine < quietMilliseconds) return;
    // A job tells its last figures again as it changes its state.
    if (!isNew && progress.done === this.#lastDone) return;
    this.#lastDone = progress.done;
    this.#lastPhase = progress.phase;
    this.#lastLine = now;
    this.#streams.error(`${text}\n`);
  }

  endProgress(): void {
    if (this.#hasLine) this.#streams.error('\n');
    this.#hasLine = false;
  }
}

/** `training  61 %  2,310 tokens/s  4 min left` */
export function describeProgress(progress: JobProgress): string {
  const { phase, done, total, unit, rate, remainingSeconds } = progress;
  const parts = [phase];
  if (total > 0) parts.push(`${Math.floor((100 * done) / total)} %`);
  parts.push(`${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${unit}`);
  if (rate !== null) parts.push(`${Number(rate.toPrecision(3)).toLocaleString('en')} ${unit}/s`);
  if (remainingSeconds !== null && done < total)
    parts.push(`${describeSeconds(remainingSeconds)} left`);
  return parts.join('  ');
}

export function describeSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 360) / 10} h`;
}
