import { SvelteMap } from 'svelte/reactivity';
import type { Client } from '../../shared/contract/connect.ts';
import type { AssayContract, Event } from '../../shared/contract/index.ts';
import type { JobRow } from '../../shared/contract/jobs.ts';
import type { ProjectInfo } from '../../shared/contract/project.ts';
import { isActive, isEnded } from '../../shared/domain/job-state.ts';
import { Downloads } from './downloads.svelte.ts';

export type Change = Event<'project.changed'>['what'];

/** An open project: what changes in it, and its jobs as they go. */
export class Session {
  readonly info: ProjectInfo;
  readonly downloads: Downloads;
  readonly #client: Client<AssayContract>;
  readonly #jobs = new SvelteMap<string, JobRow>();
  readonly #versions = new SvelteMap<Change, number>();
  readonly #stop: (() => void)[];

  constructor(client: Client<AssayContract>, info: ProjectInfo) {
    this.info = info;
    this.#client = client;
    const project = info.id;
    this.downloads = new Downloads(client, project);
    this.#stop = [
      client.subscribe(
        'project.changed',
        { project },
        { event: ({ what }) => this.#bump(what), missed: () => this.#bumpAll() },
      ),
      client.subscribe(
        'jobs.changed',
        { project },
        { event: (row) => this.#jobs.set(row.id, row), missed: () => void this.#readJobs() },
      ),
    ];
    void this.#readJobs();
  }

  get id(): string {
    return this.info.id;
  }

  /** Newest first. */
  readonly jobs = $derived.by(() =>
    [...this.#jobs.values()].sort((a, b) => b.createdAt - a.createdAt),
  );

  readonly activeJobs = $derived.by(() => this.jobs.filter(({ state }) => isActive(state)));

  readonly openJobs = $derived.by(() => this.jobs.filter(({ state }) => !isEnded(state)));

  readonly interruptedJobs = $derived.by(() =>
    this.jobs.filter(({ state }) => state === 'interrupted'),
  );

  job(id: string): JobRow | undefined {
    return this.#jobs.get(id);
  }

  /** Grows whenever something of that kind changes; reading it makes a call repeat itself. */
  version(what: Change): number {
    return this.#versions.get(what) ?? 0;
  }

  close(): void {
    for (const stop of this.#stop) stop();
    this.downloads.close();
  }

  async #readJobs(): Promise<void> {
    try {
      const rows = await this.#client.call('jobs.list', { project: this.info.id });
      for (const row of rows) this.#jobs.set(row.id, row);
    } catch {
      // The connection is gone; the list is read again when it is back.
    }
  }

  #bump(what: Change): void {
    this.#versions.set(what, this.version(what) + 1);
  }

  #bumpAll(): void {
    for (const what of [
      'items',
      'jobs',
      'runs',
      'features',
      'fits',
      'evaluations',
      'reports',
    ] as const)
      this.#bump(what);
  }
}
