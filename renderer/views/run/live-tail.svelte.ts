import { SvelteMap } from 'svelte/reactivity';
import { getApp } from '../../state/app.svelte.ts';
import { withPoints, type Point } from './curves.ts';

/** Points that are kept; a chart has asked the host anew long before so many have come. */
const most = 4000;
const flushMilliseconds = 120;

/** The newest points of runs while they train, told apart from those that the host has stored. */
export class LiveTail {
  readonly #points = new SvelteMap<string, readonly Point[]>();
  #waiting: { readonly run: string; readonly points: readonly Point[] }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Grows when points were missed, so that the stored ones have to be read again. */
  missed = $state(0);

  of(run: string): readonly Point[] {
    return this.#points.get(run) ?? [];
  }

  /** Takes in points; they are shown a few times in a second, however fast they come. */
  add(run: string, points: readonly Point[]): void {
    this.#waiting.push({ run, points });
    this.#timer ??= setTimeout(() => this.flush(), flushMilliseconds);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { run, points } of this.#waiting) {
      this.#points.set(run, withPoints(this.of(run), points).slice(-most));
    }
    this.#waiting = [];
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

/** Follows runs while the component is shown. */
export function useLiveTail(runs: () => readonly string[]): LiveTail {
  const app = getApp();
  const tail = new LiveTail();
  const wanted = $derived(runs().join(' '));
  $effect(() => {
    const project = app.session?.id;
    if (project === undefined || wanted === '') return;
    const stops = wanted.split(' ').map((run) =>
      app.client.subscribe(
        'runs.points',
        { project, run },
        {
          event: ({ points }) => tail.add(run, points),
          missed: () => tail.missed++,
        },
      ),
    );
    return () => {
      for (const stop of stops) stop();
    };
  });
  $effect(() => () => tail.close());
  return tail;
}
