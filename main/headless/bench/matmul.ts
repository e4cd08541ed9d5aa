import { availableParallelism } from 'node:os';
import { AppError } from '../../../shared/errors.ts';
import { openEngine } from '../../compute/engines/open-engine.ts';
import type { Engine } from '../../compute/engine.ts';
import { Rival } from './rival.ts';
import { median, type BenchContext, type Row } from './row.ts';

/** The encoder product of a batch of 1,024 with a dictionary of 6,144 latents at width 768. */
const defaultSizes = ['1024x768x6144'];
/** Turns that each side takes, and about how long one lasts. */
const rounds = 7;
const turnSeconds = 0.3;

interface Product {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transA: boolean;
  readonly transB: boolean;
}

/**
 * GFLOP/s of dense products MxKxN in the layouts NN, TN and NT on one and two threads, against
 * PyTorch's CPU product in the same minute. A flop is a multiplication or an addition: 2 M K N.
 */
export async function* benchMatmul(
  sizes: readonly string[],
  { signal, note }: BenchContext,
): AsyncGenerator<Row> {
  const shapes = (sizes.length > 0 ? sizes : defaultSizes).map(parseSize);
  const rival = await Rival.start('matmul.py', note);
  try {
    for (const threads of [1, 2].filter((count) => count <= availableParallelism())) {
      const engine = await openEngine('wasm', { threads });
      try {
        for (const { m, k, n } of shapes)
          for (const [transA, transB] of [
            [false, false],
            [true, false],
            [false, true],
          ] as const) {
            signal.throwIfAborted();
            yield await compare(engine, { m, k, n, transA, transB }, rival);
          }
      } finally {
        await engine.close();
      }
    }
  } finally {
    rival?.close();
  }
}

function parseSize(text: string): { m: number; k: number; n: number } {
  const match = /^([1-9]\d{0,5})x([1-9]\d{0,5})x([1-9]\d{0,5})$/.exec(text);
  if (!match)
    throw new AppError('usage', `${text} is not a size. Write MxKxN, such as 1024x768x6144.`, {
      size: text,
    });
  const [m, k, n] = match.slice(1).map(Number) as [number, number, number];
  return { m, k, n };
}

async function compare(engine: Engine, product: Product, rival: Rival | undefined): Promise<Row> {
  const { m, k, n, transA, transB } = product;
  const { threads, name } = engine.info;
  const operands = [
    engine.floats(noise(m * k), transA ? [k, m] : [m, k]),
    engine.floats(noise(k * n), transB ? [n, k] : [k, n]),
  ] as const;
  const run = () => engine.dispose(engine.matmul(...operands, { transA, transB }));
  run();
  const gigaflop = (2 * m * k * n) / 1e9;
  const [own, others]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    own.push(gigaflop / secondsOf(run));
    if (!rival) continue;
    const answer = await rival.ask({ ...product, threads, seconds: turnSeconds });
    others.push(gigaflop / (answer as { seconds: number }).seconds);
  }
  engine.dispose(...operands);
  return {
    name: `matmul ${transA ? 'T' : 'N'}${transB ? 'T' : 'N'} ${m}x${k}x${n}`,
    engine: name,
    threads,
    value: median(own),
    unit: 'GFLOP/s',
    rival: rival?.name ?? null,
    rivalValue: rival ? median(others) : null,
    ratio: rival ? median(own.map((value, i) => value / others[i]!)) : null,
  };
}

/** Median seconds of a run, over as many as fit into a turn. */
function secondsOf(run: () => void): number {
  const times: number[] = [];
  const end = performance.now() + 1000 * turnSeconds;
  do {
    const start = performance.now();
    run();
    times.push((performance.now() - start) / 1000);
  } while (performance.now() < end);
  return median(times);
}

/** Numbers of no pattern between -1 and 1; a product's speed does not depend on them. */
function noise(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898));
}
