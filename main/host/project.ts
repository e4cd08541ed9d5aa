import { createHash } from 'node:crypto';
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AssayContract, Event } from '../../shared/contract/index.ts';
import type { JobProgress } from '../../shared/contract/jobs.ts';
import type { ProjectInfo, ProjectOverview } from '../../shared/contract/project.ts';
import type { Topics } from '../../shared/contract/topics.ts';
import type { JobRecord } from '../../shared/domain/job-record.ts';
import { AppError, fileError } from '../../shared/errors.ts';
import { backUp, listBackups } from '../db/backup.ts';
import type { Writer } from '../db/connection.ts';
import { lockProject, type ProjectLock } from '../db/lock.ts';
import { backupFolder, openWriter } from '../db/open.ts';
import { countProject, ensureProject, getProject } from '../db/project.ts';
import { reserveRoom } from '../db/reserve.ts';
import { runIdsByJob } from '../db/runs.ts';
import type { Clock } from '../jobs/clock.ts';
import { jobFolder } from '../jobs/job-folder.ts';
import type { Launcher } from '../jobs/launcher.ts';
import { JobManager } from '../jobs/manager.ts';
import { takeInImported } from './import-dictionaries.ts';
import { importJobFolder, importUnknownFolders } from './import-results.ts';
import { appendLog, jobRow } from './job-rows.ts';
import { databaseJobStore } from './job-store.ts';
import type { HostLog } from './options.ts';
import { databaseFile, folderName, realFolder } from './paths.ts';
import type { ProjectView } from './project-view.ts';
import { scanProject, type Scan } from './scan/scan-project.ts';

export interface ProjectParts {
  readonly launcher: Launcher;
  readonly clock: Clock;
  readonly log: HostLog;
  readonly topics: Topics<AssayContract>;
}

type Change = Event<'project.changed'>['what'];

const backupEveryMilliseconds = 24 * 60 * 60 * 1000;
const backupAtMostBytes = 512 << 20;

/** An open project: its lock, database, jobs, and what was found in its folder. */
export class Project implements ProjectView {
  readonly info: ProjectInfo;
  readonly db: Writer;
  readonly jobs: JobManager;
  readonly #parts: ProjectParts;
  readonly #lock: ProjectLock;
  #scan: Scan | undefined;
  #backup: Promise<void> = Promise.resolve();
  readonly #ends: (() => Promise<void>)[] = [];

  private constructor(info: ProjectInfo, db: Writer, lock: ProjectLock, parts: ProjectParts) {
    this.info = info;
    this.db = db;
    this.#lock = lock;
    this.#parts = parts;
    this.jobs = this.#createManager();
  }

  /**
   * Opens a folder as a project: takes its lock, opens or makes its database, settles what an
   * earlier host left behind, and takes in finished jobs that it does not know.
   * @throws AppError `not-found`, `not-readable`, `project-locked`, or what the database says.
   */
  static async open(path: string, parts: ProjectParts): Promise<Project> {
    const folder = checkFolder(path);
    const now = parts.clock.now();
    const lock = lockProject(join(folder, '.assay'), now);
    try {
      const db = await openWriter(databaseFile(folder), { now: parts.clock.now });
      return await Project.#settle(folder, db, lock, parts).catch((error: unknown) => {
        db.close();
        throw error;
      });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  static async #settle(
    folder: string,
    db: Writer,
    lock: ProjectLock,
    parts: ProjectParts,
  ): Promise<Project> {
    const now = parts.clock.now();
    reserveRoom(db);
    ensureProject(db, now);
    const project = new Project(describe(folder, now), db, lock, parts);
    await project.jobs.recover();
    await project.#takeIn();
    project.#backup = project.#backUpDaily();
    return project;
  }

  get path(): string {
    return this.info.path;
  }

  get name(): string {
    return this.info.name;
  }

  workedOf(job: JobRecord): number {
    return this.jobs.workedOf(job);
  }

  folderOf(job: string): string {
    return jobFolder(this.path, job);
  }

  overview(): ProjectOverview {
    this.#scan ??= scanProject(this.path);
    return {
      info: this.info,
      items: this.#scan.items,
      truncated: this.#scan.truncated,
      counts: countProject(this.db),
      notes: getProject(this.db)?.notes ?? '',
    };
  }

  rescan(): ProjectOverview {
    this.#scan = undefined;
    return this.overview();
  }

  /** Tells the pages how far an import of dictionaries is. */
  importing(path: string, progress: JobProgress): void {
    const { topics } = this.#parts;
    topics.publish('dictionaries.importing', { project: this.info.id }, { path, progress });
  }

  /** Tells the pages how far the export of a dictionary is. */
  exporting(dictionary: string, progress: JobProgress): void {
    const { topics } = this.#parts;
    topics.publish('dictionaries.exporting', { project: this.info.id }, { dictionary, progress });
  }

  /** Tells the pages that something they may have read is new. */
  changed(what: Change): void {
    this.#parts.topics.publish('project.changed', { project: this.info.id }, { what });
  }

  /** Work of others with this project that ends before its database closes. */
  beforeClose(end: () => Promise<void>): void {
    this.#ends.push(end);
  }

  async close(): Promise<void> {
    try {
      await Promise.all(this.#ends.map((end) => end()));
      await this.jobs.close();
      await this.#backup;
      this.db.close();
    } finally {
      this.#lock.release();
    }
  }

  #createManager(): JobManager {
    const { launcher, clock, log, topics } = this.#parts;
    const project = this.info.id;
    return new JobManager({
      projectPath: this.path,
      store: databaseJobStore(this.db),
      launcher,
      clock,
      importResults: async (job) => {
        await importJobFolder(this.db, this.path, job);
        this.changed('runs');
        this.changed('features');
        this.changed('comparisons');
        this.changed('fits');
      },
      changed: (job) => this.#publishJob(job),
      points: (run, points) =>
        topics.publish('runs.points', { project, run }, { points: [...points] }),
      log: (job, level, message) =>
        appendLog(this.folderOf(job), { time: clock.now(), level, message }),
      bug: (error) => log('error', 'Something failed while a job ran.', { error: textOf(error) }),
    });
  }

  #publishJob(id: string): void {
    const runs = runIdsByJob(this.db).get(id) ?? [];
    const row = jobRow(this.jobs.get(id), runs, this.jobs);
    this.#parts.topics.publish('jobs.changed', { project: this.info.id }, row);
  }

  async #takeIn(): Promise<void> {
    for (const { id, error } of takeInImported(this.db, this.path))
      this.#parts.log('warn', `The imported dictionary ${id} was not taken in.`, {
        error: textOf(error),
      });
    const failed = await importUnknownFolders(this.db, this.path, this.#parts.clock.now());
    for (const { job, error } of failed)
      this.#parts.log('warn', `The results in ${this.folderOf(job)} were not taken in.`, {
        error: textOf(error),
      });
  }

  /** Once a day, in the background: what a damaged database is repaired from. */
  async #backUpDaily(): Promise<void> {
    const { clock, log } = this.#parts;
    const folder = backupFolder(this.db.file);
    const newest = listBackups(folder).at(-1)?.time ?? 0;
    const isDue = clock.now() - newest >= backupEveryMilliseconds;
    if (!isDue || statSync(this.db.file).size > backupAtMostBytes) return;
    await backUp(this.db, folder, clock.now()).catch((error: unknown) =>
      log('warn', 'The daily backup could not be made.', { error: textOf(error) }),
    );
  }
}

/** The same folder has the same id in every session, so that addresses of pages stay good. */
export function projectId(folder: string): string {
  return `prj_${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`;
}

function describe(folder: string, openedAt: number): ProjectInfo {
  return { id: projectId(folder), path: folder, name: folderName(folder), openedAt };
}

/** @throws AppError `not-found` or `not-readable` */
export function checkFolder(path: string): string {
  const folder = realFolder(path);
  if (!statSync(folder).isDirectory())
    throw new AppError('not-readable', `${path} is a file. Open the folder that it lies in.`, {
      file: path,
    });
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    return folder;
  } catch (error) {
    throw fileError(error, path);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
