import type { LogLine } from '../../../shared/contract/jobs.ts';
import type { AppError } from '../../../shared/errors.ts';
import { getApp } from '../../state/app.svelte.ts';
import { asAppError } from '../../state/errors.ts';

/** Lines that are shown; the file has them all. */
const most = 2000;
const pageLines = 1000;
const pollMilliseconds = 1000;

/** The end of a job's log, read on while the job is active. */
export class LogTail {
  #lines = $state.raw<readonly LogLine[]>([]);
  #error = $state.raw<AppError | null>(null);
  #isRead = $state.raw(false);
  /** Lines before the first that is shown. */
  #dropped = $state.raw(0);
  #next = 0;

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  get error(): AppError | null {
    return this.#error;
  }

  get isRead(): boolean {
    return this.#isRead;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Reads on to the end. `read` asks for lines after a position. */
  async readOn(
    read: (after: number, limit: number) => Promise<{ lines: LogLine[]; next: number }>,
  ): Promise<void> {
    try {
      for (;;) {
        const { lines, next } = await read(this.#next, pageLines);
        const isEnd = next === this.#next;
        this.#next = next;
        if (lines.length > 0) this.#add(lines);
        if (isEnd) break;
      }
      this.#error = null;
      this.#isRead = true;
    } catch (error) {
      this.#error = asAppError(error);
    }
  }

  #add(lines: readonly LogLine[]): void {
    const all = [...this.#lines, ...lines];
    const over = Math.max(0, all.length - most);
    this.#dropped += over;
    this.#lines = over > 0 ? all.slice(over) : all;
  }
}

/** Follows the log of a job while the component is shown. */
export function useLogTail(job: () => string, isActive: () => boolean): LogTail {
  const app = getApp();
  const tail = new LogTail();
  $effect(() => {
    const [id, follows, project] = [job(), isActive(), app.session?.id];
    void app.connections;
    if (project === undefined) return;
    const abort = new AbortController();
    const { signal } = abort;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = (after: number, limit: number) =>
      app.client.call('jobs.log', { project, job: id, after, limit }, { signal });
    const go = async () => {
      await tail.readOn(read);
      if (follows && !signal.aborted) timer = setTimeout(() => void go(), pollMilliseconds);
    };
    void go();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  });
  return tail;
}
