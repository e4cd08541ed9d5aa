import { mkdirSync } from 'node:fs';
import * as v from 'valibot';
import { AppError, fileError, type ErrorJson } from '../../../shared/errors.ts';
import type { JobSpec } from '../../../shared/domain/job-spec.ts';
import { JobControl } from '../control.ts';
import { JobIo } from '../job-io.ts';
import { toWorker, type FromWorker, type JobAssignment, type ToWorker } from '../protocol.ts';
import type { ParentPort } from './parent-port.ts';
import type { QueryHandler } from './queries/handler.ts';

/** Does one job from its start or its last checkpoint to its result.json. */
export type RunJob = (assignment: JobAssignment, control: JobControl, io: JobIo) => Promise<void>;

export interface Work {
  readonly jobs: Readonly<Partial<Record<JobSpec['kind'], RunJob>>>;
  readonly queries: Readonly<Record<string, QueryHandler>>;
}

/** A job whose host has gone gets this long to write its checkpoint. */
const orphanMilliseconds = 10_000;

/** Serves one host: a job, or queries, until the host is gone. */
export function runWorker(port: ParentPort, work: Work): void {
  const worker = new Worker(port, work);
  // Ctrl-C in a terminal reaches every process. The host hears it too and asks for a checkpoint.
  process.on('SIGINT', () => undefined);
  port.onMessage((raw) => worker.receive(raw));
  port.onClose(() => worker.hostIsGone());
  port.send({ type: 'ready', pid: process.pid });
}

class Worker {
  readonly #port: ParentPort;
  readonly #work: Work;
  readonly #queries = new Map<number, AbortController>();
  #control: JobControl | undefined;

  constructor(port: ParentPort, work: Work) {
    this.#port = port;
    this.#work = work;
  }

  receive(raw: unknown): void {
    const message = v.parse(toWorker, raw);
    if (message.type === 'start') void this.#runJob(message.assignment);
    else if (message.type === 'query') void this.#answer(message);
    else if (message.type === 'cancel-query')
      this.#queries
        .get(message.id)
        ?.abort(new AppError('cancelled', 'The question was withdrawn.'));
    else if (this.#control) this.#control.receive(message);
    else if (message.type === 'cancel') process.exit(0);
  }

  /** A job saves itself and ends; the next host finds its checkpoint. */
  hostIsGone(): void {
    if (!this.#control) process.exit(0);
    this.#control.receive({ type: 'cancel' });
    setTimeout(() => process.exit(1), orphanMilliseconds).unref();
  }

  async #runJob(assignment: JobAssignment): Promise<void> {
    const send = (message: FromWorker) => this.#port.send(message);
    this.#control = new JobControl(send);
    let io: JobIo | undefined;
    let last: FromWorker = { type: 'results' };
    try {
      const run = this.#work.jobs[assignment.spec.kind];
      if (!run)
        throw new AppError('unsupported', `This worker does no '${assignment.spec.kind}' jobs.`);
      prepareFolder(assignment.folder);
      io = new JobIo(assignment.folder, send);
      await run(assignment, this.#control, io);
      io.close();
    } catch (error) {
      closeQuietly(io);
      const isStopped = error instanceof AppError && error.code === 'cancelled';
      last = isStopped ? { type: 'cancelled' } : { type: 'failed', error: describe(error) };
    }
    // A host that is busy may be far behind: its last message leaves before the process does.
    this.#port.send(last, () => process.exit(0));
  }

  async #answer({ id, name, input }: ToWorker & { type: 'query' }): Promise<void> {
    const abort = new AbortController();
    this.#queries.set(id, abort);
    try {
      const { queries } = this.#work;
      const query = Object.hasOwn(queries, name) ? queries[name] : undefined;
      if (!query) throw new AppError('unknown-operation', `There is no query '${name}'.`);
      const report = atIntervals((done, total, phase) =>
        this.#port.send({ type: 'query-progress', id, done, total, ...(phase && { phase }) }),
      );
      const result = await query(input, { signal: abort.signal, report });
      this.#port.send({ type: 'answer', id, result: result ?? null });
    } catch (error) {
      this.#port.send({ type: 'query-failed', id, error: describe(error) });
    } finally {
      this.#queries.delete(id);
    }
  }
}

const progressMilliseconds = 100;

/** Passes on the first report, the last one, and those between at most ten times a second. */
function atIntervals(send: (done: number, total: number, phase: string | undefined) => void) {
  let last = -Infinity;
  return (done: number, total: number, phase?: string) => {
    const now = performance.now();
    if (now - last < progressMilliseconds && done < total) return;
    last = now;
    send(done, total, phase);
  };
}

function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw fileError(error, folder, 'write');
  }
}

function closeQuietly(io: JobIo | undefined): void {
  try {
    io?.close();
  } catch {
    // The error that led here is the one to report.
  }
}

/** A bug's stack goes to stderr, which the host keeps in the job's log. */
function describe(error: unknown): ErrorJson {
  if (error instanceof AppError) return error.toJSON();
  console.error(error);
  const message = error instanceof Error ? error.message : String(error);
  return new AppError(
    'internal',
    `Something went wrong inside Assay: ${message} The log tells more.`,
  ).toJSON();
}
