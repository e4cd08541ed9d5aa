import { availableParallelism } from 'node:os';
import { AppError } from '../../../shared/errors.ts';
import { RandomStream } from '../../compute/random.ts';
import { benchEngines } from './bench-engines.ts';
import { benchTrainer } from './bench-trainer.ts';
import type { BenchContext, Row } from './row.ts';

const defaultSizes = ['10000'];
const shape = { dIn: 128, latents: 1024 };
const batch = 256;
/** Steps after which everything that is kept has been made, as a share of all. */
const settled = 0.2;

/**
 * What training leaves behind: how many buffers, bytes of the engine and MiB of the process there are
 * more after STEPS steps of a small dictionary than after the first fifth of them.
 */
export async function* benchSoak(
  sizes: readonly string[],
  { signal, note }: BenchContext,
): AsyncGenerator<Row> {
  const counts = (sizes.length > 0 ? sizes : defaultSizes).map(parseSteps);
  const threads = Math.min(2, availableParallelism());
  for (const steps of counts)
    for await (const engine of benchEngines([threads], note)) {
      const trainer = benchTrainer(engine, {
        shape,
        learningRate: 1e-3,
        objective: [
          { kind: 'sparsity', coefficient: 1, p: 1 },
          { kind: 'outToIn', coefficient: 1 },
        ],
      });
      const x = engine.floats(new RandomStream(1, 1).normals(batch * shape.dIn), [
        batch,
        shape.dIn,
      ]);
      const now = () => ({ ...engine.usage(), resident: process.memoryUsage.rss() / 2 ** 20 });
      let start = now();
      const first = Math.max(1, Math.floor(settled * steps));
      for (let step = 1; step <= steps; step++) {
        signal.throwIfAborted();
        trainer.train([() => ({ x })]);
        if (step === first) start = now();
        // Whoever asked for the bench may want to end it.
        if (step % 100 === 0) await new Promise(setImmediate);
      }
      const end = now();
      const growth = [
        ['buffers', end.tensors - start.tensors, 'buffers'],
        ['memory of the engine', end.bytes - start.bytes, 'bytes'],
        ['memory of the process', end.resident - start.resident, 'MiB'],
      ] as const;
      for (const [what, value, unit] of growth)
        yield {
          name: `growth of ${what} from step ${first} to ${steps}, d ${shape.dIn}, n ${shape.latents}, batch ${batch}`,
          engine: engine.info.name,
          threads: engine.info.threads,
          value,
          unit,
          rival: null,
          rivalValue: null,
          ratio: null,
        };
      trainer.dispose();
      engine.dispose(x);
    }
}

function parseSteps(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new AppError('usage', `${text} is not a number of steps, such as 10000.`, { size: text });
}
