import { join } from 'node:path';
import { expect } from 'vitest';
import { importJobFolder } from '../../main/host/import-results.ts';
import { databaseJobStore } from '../../main/host/job-store.ts';
import type { Writer } from '../../main/db/connection.ts';
import { openWriter } from '../../main/db/open.ts';
import { systemClock, type Clock } from '../../main/jobs/clock.ts';
import type { Launcher } from '../../main/jobs/launcher.ts';
import { JobManager } from '../../main/jobs/manager.ts';
import type { JobState } from '../../shared/domain/job-state.ts';
import { temporaryFolder } from './folders.ts';
import { fakeLauncher } from './fake-launcher.ts';

export interface TestManager {
  readonly manager: JobManager;
  readonly db: Writer;
  readonly project: string;
  /** Lines that the host added to the logs of jobs. */
  readonly log: string[];
  readonly bugs: unknown[];
  /** How often each job was announced as changed. */
  readonly changes: Map<string, number>;
  readonly livePoints: { run: string; x: number }[];
  until(job: string, ...states: JobState[]): Promise<void>;
}

/** A manager over a database and fake workers, as a host has it. */
export async function startManager(
  options: { project?: string; clock?: Clock; launcher?: Launcher; db?: Writer } = {},
): Promise<TestManager> {
  const project = options.project ?? temporaryFolder();
  const db = options.db ?? (await openWriter(join(project, '.assay', 'assay.db')));
  const log: string[] = [];
  const bugs: unknown[] = [];
  const changes = new Map<string, number>();
  const livePoints: { run: string; x: number }[] = [];
  const manager = new JobManager({
    projectPath: project,
    store: databaseJobStore(db),
    launcher: options.launcher ?? fakeLauncher(),
    clock: options.clock ?? systemClock,
    importResults: (job) => importJobFolder(db, project, job),
    changed: (job) => changes.set(job, (changes.get(job) ?? 0) + 1),
    points: (run, points) => livePoints.push(...points.map(({ x }) => ({ run, x }))),
    log: (_job, level, message) => log.push(`${level}: ${message}`),
    bug: (error) => bugs.push(error),
  });
  const until = async (job: string, ...states: JobState[]) => {
    const end = Date.now() + 50_000;
    while (!states.includes(manager.get(job).state)) {
      if (Date.now() > end) break;
      await new Promise((done) => setTimeout(done, 5));
    }
    expect(states).toContain(manager.get(job).state);
  };
  return { manager, db, project, log, bugs, changes, livePoints, until };
}
