import { getApp } from '../../state/app.svelte.ts';
import { useCall } from '../../state/call.svelte.ts';

/** Runs that are asked for their names; replicates and runs of one import mostly share them. */
const mostRuns = 16;

/** Names of the curves that some runs have; undefined until they are known. Asks for no run: nothing. */
export function useSeriesNames(runs: () => readonly string[]): () => string[] | undefined {
  const app = getApp();
  const call = useCall(
    'runs.series',
    () => {
      const ids = runs().slice(0, mostRuns);
      if (ids.length === 0 || !app.session) return null;
      return { project: app.session.id, runs: ids, names: null, buckets: 2, from: null, to: null };
    },
    { on: ['runs'], keep: true },
  );
  return () =>
    call.value
      ?.flatMap(({ series }) => series.flatMap(({ name, total }) => (total > 0 ? [name] : [])))
      .filter((name, index, all) => all.indexOf(name) === index);
}
