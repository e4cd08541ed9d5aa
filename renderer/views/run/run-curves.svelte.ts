import { untrack } from 'svelte';
import { getApp } from '../../state/app.svelte.ts';
import { useCall, type Call } from '../../state/call.svelte.ts';
import type { Output } from '../../../shared/contract/index.ts';
import { bucketsFor, joinTail, type Curve } from './curves.ts';
import type { LiveTail } from './live-tail.svelte.ts';

export interface Stretch {
  readonly min: number;
  readonly max: number;
}

interface Wanted {
  readonly runs: readonly string[];
  readonly names: readonly string[];
  /** The stretch in view; null for all. */
  readonly zoom: Stretch | null;
}

/** Live points after which the stored curve is read again, thinned anew. */
const refresh = 400;
/** What one chart can show. */
const widest = 1200;

/** Curves of some runs: what is stored, thinned for a chart, and what comes in meanwhile. */
export class RunCurves {
  readonly #call: Call<Output<'runs.series'>>;
  readonly #wanted: () => Wanted;
  readonly #tail: () => LiveTail;

  constructor(call: Call<Output<'runs.series'>>, wanted: () => Wanted, tail: () => LiveTail) {
    this.#call = call;
    this.#wanted = wanted;
    this.#tail = tail;
  }

  get error() {
    return this.#call.error;
  }

  get isFirst(): boolean {
    return this.#call.isLoading && this.#call.value === undefined;
  }

  get reload() {
    return this.#call.reload;
  }

  of(run: string, name: string): Curve {
    const found = this.#call.value?.find((curves) => curves.run === run);
    const stored = found?.series.find((series) => series.name === name);
    // Before the stored points are here, live ones alone would look like the whole.
    const tail = found ? this.#tail().of(run) : [];
    return joinTail(stored, name, tail, this.#wanted().zoom?.max ?? null);
  }

  /** Live points that are drawn beside the stored ones. */
  get newer(): number {
    const counts = this.#wanted().runs.map((run) => {
      const found = this.#call.value?.find((curves) => curves.run === run);
      const end = Math.max(
        -Infinity,
        ...(found?.series ?? []).map(({ last }) => last ?? -Infinity),
      );
      return this.#tail()
        .of(run)
        .filter(({ x }) => x > end).length;
    });
    return Math.max(0, ...counts);
  }
}

/** Reads curves while the component is shown, again for the stretch that somebody zooms to. */
export function useRunCurves(wanted: () => Wanted, tail: () => LiveTail): RunCurves {
  const app = getApp();
  const call = useCall(
    'runs.series',
    () => {
      const { runs, names, zoom } = wanted();
      const project = app.session?.id;
      if (project === undefined || runs.length === 0 || names.length === 0) return null;
      return {
        project,
        runs: runs.slice(0, 64),
        names: [...names],
        buckets: bucketsFor(runs.length * names.length, widest),
        from: zoom?.min ?? null,
        to: zoom?.max ?? null,
      };
    },
    { keep: true, on: ['runs'] },
  );
  const curves = new RunCurves(call, wanted, tail);
  $effect(() => {
    if (curves.newer > refresh && !untrack(() => call.isLoading)) untrack(call.reload);
  });
  $effect(() => {
    if (tail().missed > 0) untrack(call.reload);
  });
  return curves;
}
