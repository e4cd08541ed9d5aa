import { untrack } from 'svelte';
import type { Output } from '../../../shared/contract/index.ts';
import type { RunGroup } from '../../../shared/contract/runs.ts';
import type { AppError } from '../../../shared/errors.ts';
import { getApp } from '../../state/app.svelte.ts';
import { asAppError } from '../../state/errors.ts';

export type GroupPage = Output<'runs.groups'>;

interface Question {
  readonly search: string;
  readonly metrics: readonly string[];
}

/** All groups of a search, read page by page; the list before stays in sight until the new one is whole. */
export class RunGroups {
  #groups = $state.raw<readonly RunGroup[]>([]);
  #last = $state.raw<GroupPage | null>(null);
  #error = $state.raw<AppError | null>(null);
  #asked = $state.raw(0);

  get groups(): readonly RunGroup[] {
    return this.#groups;
  }

  /** Names, paths and totals; null until the first page is here. */
  get about(): GroupPage | null {
    return this.#last;
  }

  get error(): AppError | null {
    return this.#error;
  }

  readonly reload = (): void => {
    this.#asked++;
  };

  /** @internal */
  get asked(): number {
    return this.#asked;
  }

  /** @internal Reads all pages; `ask` answers one. */
  async read(ask: (offset: number) => Promise<GroupPage>, isStopped: () => boolean): Promise<void> {
    const groups: RunGroup[] = [];
    try {
      for (let offset: number | null = 0; offset !== null;) {
        const page: GroupPage = await ask(offset);
        if (isStopped()) return;
        groups.push(...page.groups);
        offset = page.next;
        // The first rows are shown at once where there were none.
        if (offset === null || this.#groups.length < groups.length) this.#groups = [...groups];
        this.#last = page;
      }
      this.#error = null;
    } catch (error) {
      if (!isStopped()) this.#error = asAppError(error);
    }
  }
}

/** Reads the groups while the component is shown, again whenever runs change. */
export function useRunGroups(question: () => Question): RunGroups {
  const app = getApp();
  const groups = new RunGroups();
  const asked = $derived(JSON.stringify(question()));
  $effect(() => {
    const now = asked;
    const session = app.session;
    void [groups.asked, app.connections, session?.version('runs')];
    if (!session) return;
    const abort = new AbortController();
    const { signal } = abort;
    const { search, metrics } = JSON.parse(now) as Question;
    const ask = (offset: number) =>
      app.client.call(
        'runs.groups',
        { project: session.id, search, metrics: [...metrics], offset },
        { signal },
      );
    untrack(() => void groups.read(ask, () => signal.aborted));
    return () => abort.abort();
  });
  return groups;
}
