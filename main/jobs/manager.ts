import type { JobProgress, LogLine } from '../../shared/contract/jobs.ts';
import type { JobChanges, JobRecord } from '../../shared/domain/job-record.ts';
import type { JobSpec } from '../../shared/domain/job-spec.ts';
import {
  allowedActions,
  isActive,
  isEnded,
  nextJobState,
  type JobAction,
  type JobEvent,
} from '../../shared/domain/job-state.ts';
import { AppError, type ErrorJson } from '../../shared/errors.ts';
import { ActiveJob } from './active-job.ts';
import { newestStep } from './checkpoint.ts';
import type { Clock } from './clock.ts';
import { crashed, namedFromProject, toErrorJson } from './job-errors.ts';
import { newId } from './ids.ts';
import type { Point } from './job-io.ts';
import { jobFiles, jobFolder } from './job-folder.ts';
import type { Launcher, WorkerExit } from './launcher.ts';
import { LivePoints } from './live-points.ts';
import { processStart } from './process-identity.ts';
import type { FromWorker } from './protocol.ts';
import { recoverJobs } from './recovery.ts';
import type { JobStore } from './store.ts';
import { join } from 'node:path';

export interface ManagerOptions {
  readonly projectPath: string;
  readonly store: JobStore;
  readonly launcher: Launcher;
  readonly clock: Clock;
  /** Brings the results in a job's folder into the database; does nothing the second time. */
  readonly importResults: (job: string) => Promise<void>;
  /** The record, the progress or the log of a job is new. */
  readonly changed: (job: string) => void;
  readonly points: (run: string, points: readonly Point[]) => void;
  /** Adds a line of the host's own to the log of a job. */
  readonly log: (job: string, level: LogLine['level'], message: string) => void;
  /** Something failed where nobody waits for an answer, such as a write to the store. */
  readonly bug: (error: unknown) => void;
  /** Jobs that work at the same time. */
  readonly parallel?: number;
}

/**
 * The queue of a project's jobs. Each change of state is written to the store before the side effect
 * that it announces, so that after a crash the store tells what may have been going on.
 */
export class JobManager {
  readonly #options: ManagerOptions;
  readonly #active = new Map<string, ActiveJob>();
  readonly #workingSince = new Map<string, number>();
  readonly #points: LivePoints;
  readonly #imports = new Set<Promise<void>>();
  #recovered: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#points = new LivePoints(options.clock, (run, points) =>
      this.#guard(() => options.store.addPoints(run, points)),
    );
  }

  /**
   * Settles what the last host left behind. Resolves once that is in the store; processes that are
   * still there are waited for in the background, before anything new is launched.
   */
  async recover(): Promise<void> {
    const { gone, ended } = recoverJobs(this.#options, (id, event, changes) =>
      this.#move(id, event, changes),
    );
    this.#recovered = ended.then(() => undefined);
    await gone;
    this.#pump();
  }

  submit(spec: JobSpec): JobRecord {
    const id = newId('job');
    this.#options.store.insert(id, spec, this.#options.clock.now());
    this.#options.changed(id);
    this.#pump();
    return this.get(id);
  }

  /** @throws AppError `not-found`, or `not-allowed-now` naming the state. */
  act(id: string, action: JobAction): JobRecord {
    const job = this.get(id);
    if (!allowedActions(job.state).includes(action))
      throw new AppError(
        'not-allowed-now',
        `The job is ${job.state}: it cannot be asked to ${action} now.`,
        { job: id, state: job.state, action },
      );
    const active = this.#active.get(id);
    if (action === 'checkpoint') active?.send({ type: 'checkpoint' });
    else if (action === 'cancel') this.#cancel(id, active);
    else if (action === 'requeue') this.#requeue(id);
    else {
      this.#move(id, action, { error: null });
      active?.send({ type: action });
    }
    this.#pump();
    return this.get(id);
  }

  get(id: string): JobRecord {
    const job = this.#options.store.get(id);
    if (!job)
      throw new AppError('not-found', `There is no job ${id} in this project.`, { job: id });
    return job;
  }

  /** The newest progress; the store's is that of the last change of state. */
  progressOf(job: JobRecord): JobProgress | null {
    return this.#active.get(job.id)?.progress ?? job.progress;
  }

  /** Milliseconds of work so far. */
  workedOf(job: JobRecord): number {
    const since = this.#workingSince.get(job.id);
    // The system's clock may have been set back in between.
    const now = this.#options.clock.now();
    return job.worked + (since === undefined ? 0 : Math.max(0, now - since));
  }

  /** Writes down what has come in, for a reader who wants all of it. */
  flushPoints(): void {
    this.#points.flush();
  }

  /** Stops all work with a checkpoint; what was under way can be resumed. Launches nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    const exits = [...this.#active.values()].map((active) => {
      active.stop();
      return active.exit;
    });
    await Promise.all(exits);
    await Promise.all(this.#imports);
    await this.#recovered;
    this.#points.flush();
  }

  #cancel(id: string, active: ActiveJob | undefined): void {
    this.#move(id, 'cancel', { endedAt: this.#options.clock.now() });
    active?.stop();
  }

  #requeue(id: string): void {
    const now = this.#options.clock.now();
    this.#move(id, 'requeue', { queuedAt: now, endedAt: null, error: null });
  }

  /** Launches what the queue and the limit allow. */
  #pump(): void {
    void this.#recovered.then(() => this.#guard(() => this.#launchNext()));
  }

  #launchNext(): void {
    if (this.#closed) return;
    const { store, parallel = 1 } = this.#options;
    for (const job of store.listIn(['queued'])) {
      if (this.#active.size >= parallel) return;
      if (!this.#active.has(job.id)) this.#launch(job);
    }
  }

  /** For what no call waits for: an error there must not end the host. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.bug(error);
    }
  }

  #launch(job: JobRecord): void {
    const { store, launcher, clock, projectPath } = this.#options;
    const attempt = job.attempt + 1;
    const startedAt = job.startedAt ?? clock.now();
    this.#move(job.id, 'launch', { attempt, startedAt, progress: null, pid: null });
    const { id, spec } = job;
    const folder = jobFolder(projectPath, id);
    const assignment = { job: id, attempt, projectPath, folder, spec, runs: store.runsOf(id) };
    try {
      const active: ActiveJob = new ActiveJob(assignment, {
        launcher,
        clock,
        events: {
          message: (message) => this.#guard(() => this.#receive(active, message)),
          misbehaved: (problem) =>
            this.#guard(() => this.#fail(id, crashed(`The worker was ended: ${problem}.`))),
          log: (level, text) => this.#options.log(id, level, text),
          exited: (exit) => this.#guard(() => this.#exited(active, exit)),
        },
      });
      this.#active.set(id, active);
      if (active.pid !== undefined)
        store.update(id, { pid: active.pid, processStarted: processStart(active.pid) ?? null });
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #receive(active: ActiveJob, message: FromWorker): void {
    const { job: id } = active.assignment;
    switch (message.type) {
      case 'started':
        this.#options.store.setEngine(id, message.engine);
        this.#move(id, 'started', { checkpointStep: message.resumedFrom });
        return;
      case 'paused':
        // Asked for, or by itself because of an error that the user can mend.
        if (message.error) this.#move(id, 'pause', { error: this.#named(message.error) });
        return;
      case 'progress':
      case 'log':
        this.#options.changed(id);
        return;
      case 'points':
        return this.#receivePoints(active, message.run, message.points);
      case 'checkpointed':
        this.#options.store.update(id, { checkpointStep: message.step });
        this.#options.changed(id);
        return;
      case 'results':
        return this.#finish(active);
      case 'failed':
        this.#fail(id, message.error);
        return active.expectExit();
      case 'cancelled':
        return active.expectExit();
      default:
    }
  }

  #receivePoints(active: ActiveJob, run: string, points: readonly Point[]): void {
    if (!active.assignment.runs.some(({ id }) => id === run)) return;
    this.#points.add(run, points);
    this.#options.points(run, points);
  }

  #finish(active: ActiveJob): void {
    const { job: id } = active.assignment;
    active.expectExit();
    if (!this.#move(id, 'results', {})) return;
    this.#points.flush();
    const done = this.#options.importResults(id).then(
      () => this.#guard(() => this.#imported(id)),
      (error: unknown) => this.#guard(() => this.#fail(id, error)),
    );
    this.#imports.add(done);
    void done.finally(() => this.#imports.delete(done));
  }

  #imported(id: string): void {
    this.#move(id, 'imported', { endedAt: this.#options.clock.now(), error: null });
  }

  #named(error: ErrorJson): ErrorJson {
    return namedFromProject(error, this.#options.projectPath);
  }

  #fail(id: string, error: unknown): void {
    const json = this.#named(toErrorJson(error));
    this.#options.log(id, 'error', json.message);
    this.#move(id, 'fail', { error: json, endedAt: this.#options.clock.now() });
  }

  #exited(active: ActiveJob, exit: WorkerExit): void {
    const { job: id, folder } = active.assignment;
    this.#active.delete(id);
    if (active.errorText !== '') this.#options.log(id, 'error', active.errorText);
    const { state } = this.get(id);
    const changes: JobChanges = {
      pid: null,
      processStarted: null,
      checkpointStep: newestStep(join(folder, jobFiles.checkpoints)),
    };
    // A job that is finishing has left its results; the import goes on without its process.
    if (state === 'finishing' || isEnded(state)) this.#options.store.update(id, changes);
    else this.#ended(id, exit, changes);
    this.#points.flush();
    this.#options.changed(id);
    this.#pump();
  }

  /** The process has gone, and the job has not said that it is done. */
  #ended(id: string, exit: WorkerExit, changes: JobChanges): void {
    const endedAt = this.#options.clock.now();
    if (this.#closed) this.#move(id, 'lost', { ...changes, endedAt });
    else if (exit.signal !== null) {
      const error = toErrorJson(crashed(signalSentence(exit.signal)));
      this.#options.log(id, 'error', error.message);
      this.#move(id, 'lost', { ...changes, endedAt, error });
    } else {
      this.#options.store.update(id, changes);
      this.#fail(id, crashed(`The worker ended (code ${exit.code}) without a result.`));
    }
  }

  /** Makes a legal move and writes it down; answers whether it was one. */
  #move(id: string, event: JobEvent, changes: JobChanges): boolean {
    const { store, clock } = this.#options;
    const job = store.get(id);
    const state = job && nextJobState(job.state, event);
    if (!job || !state) return false;
    const worked = this.workedOf(job);
    const progress = this.progressOf(job);
    store.update(id, { progress, ...changes, state, worked });
    if (state === 'running') this.#workingSince.set(id, clock.now());
    else this.#workingSince.delete(id);
    if (!isActive(state)) this.#points.flush();
    this.#options.changed(id);
    return true;
  }
}

function signalSentence(signal: string): string {
  return signal === 'SIGKILL'
    ? 'The system ended the worker (SIGKILL), most likely because memory ran out. Resume continues from the last checkpoint.'
    : `The worker crashed (${signal}). Resume continues from the last checkpoint.`;
}
