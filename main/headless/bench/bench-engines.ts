import type { Engine } from '../../compute/engine.ts';
import { openEngine } from '../../compute/engines/open-engine.ts';
import { hasCode } from '../../../shared/errors.ts';

/**
 * The engines that a benchmark runs on, one after the other: wasm on each number of threads, and
 * tensorflow on the last of them, since it cannot change its threads within a process. Says why where
 * tensorflow is left out. Each engine is closed when the next one is asked for.
 */
export async function* benchEngines(
  threadCounts: readonly number[],
  note: (text: string) => void,
): AsyncGenerator<Engine> {
  const turns = [
    ...threadCounts.map((threads) => ({ name: 'wasm', threads }) as const),
    ...threadCounts.slice(-1).map((threads) => ({ name: 'tensorflow', threads }) as const),
  ];
  for (const { name, threads } of turns) {
    let engine: Engine;
    try {
      engine = await openEngine(name, { threads });
    } catch (error) {
      if (name === 'wasm' || !hasCode(error, 'engine-unavailable')) throw error;
      note(`Without the tensorflow engine: ${error.message}`);
      continue;
    }
    try {
      yield engine;
    } finally {
      await engine.close();
    }
  }
}
