import { availableParallelism } from 'node:os';
import { AppError } from '../../../shared/errors.ts';
import type { Engine, Tensor } from '../../compute/engine.ts';
import { RandomStream } from '../../compute/random.ts';
import { parameterCount, type ByParameter } from '../../compute/sae/architecture.ts';
import { reluArchitecture } from '../../compute/sae/architectures/relu.ts';
import { statesPerParameter, type Trainer } from '../../compute/sae/trainer.ts';
import { benchEngines } from './bench-engines.ts';
import { benchTrainer } from './bench-trainer.ts';
import { Rival } from './rival.ts';
import { median, type BenchContext, type Row } from './row.ts';

interface Size {
  readonly width: number;
  readonly latents: number;
  /** Tokens in one step. */
  readonly batch: number;
  /** Active latents per token. */
  readonly active: number;
}

/** A dictionary on the small GPT-2, and one of GPT-2 small's width at ratio 32. */
const defaultSizes = ['128x4096x1024x50', '768x24576x1024x50'];
const rounds = 5;
/** Steps of one turn after one that is not timed: this many of a small dictionary, one of a large. */
const mostSteps = 40;
const smallEntries = 1 << 20;

/**
 * Tokens per second of local training (one dictionary, forward, backward, clip, Adam; activations
 * given) at sizes WIDTHxLATENTSxBATCHxACTIVE, against e2e_sae's dense step in PyTorch. Both see
 * encoders whose biases leave the stated number of latents active. Beside it stands the engine's memory
 * at its peak, as a multiple of what a step cannot do without: weights, two moments, gradients, batch.
 */
export async function* benchSaeStep(
  sizes: readonly string[],
  { signal, note }: BenchContext,
): AsyncGenerator<Row> {
  const parsed = (sizes.length > 0 ? sizes : defaultSizes).map(parseSize);
  const threads = Math.min(2, availableParallelism());
  const rival = await Rival.start('sae_step.py', note);
  try {
    // An engine for each size, since the peak of its memory is that of all that it has done.
    for (const size of parsed)
      for await (const engine of benchEngines([threads], note)) {
        signal.throwIfAborted();
        yield await compare(engine, size, rival);
      }
  } finally {
    rival?.close();
  }
}

function parseSize(text: string): Size {
  const match = /^([1-9]\d{0,5})x([1-9]\d{0,5})x([1-9]\d{0,5})x([1-9]\d{0,4})$/.exec(text);
  if (!match)
    throw new AppError(
      'usage',
      `${text} is not a size. Write WIDTHxLATENTSxBATCHxACTIVE, such as 768x6144x1024x50.`,
      { size: text },
    );
  const [width, latents, batch, active] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return { width, latents, batch, active };
}

async function compare(engine: Engine, size: Size, rival: Rival | undefined): Promise<Row> {
  const { width, latents, batch, active } = size;
  const trainer = benchTrainer(engine, {
    shape: { dIn: size.width, latents: size.latents },
    objective: [
      { kind: 'sparsity', coefficient: 1, p: 1 },
      { kind: 'outToIn', coefficient: 1 },
    ],
  });
  const x = engine.floats(new RandomStream(1, 1).normals(batch * width), [batch, width]);
  const l0 = leaveActive(engine, trainer, x, active);
  const stepsPerTurn = width * latents < smallEntries ? mostSteps : 1;
  const [own, others]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    trainer.train([() => ({ x })]);
    const start = performance.now();
    for (let step = 0; step < stepsPerTurn; step++) trainer.train([() => ({ x })]);
    own.push((stepsPerTurn * batch) / ((performance.now() - start) / 1000));
    if (!rival) continue;
    const request = { ...size, threads: engine.info.threads, steps: stepsPerTurn };
    const { seconds } = (await rival.ask(request)) as { seconds: number };
    others.push((stepsPerTurn * batch) / seconds);
  }
  trainer.dispose();
  engine.dispose(x);
  const peak = (engine.usage().peakBytes / leastBytes(size)).toFixed(2);
  return {
    name: `local training d ${width}, n ${latents}, batch ${batch}, L0 ${Math.round(l0)}, peak memory ${peak}`,
    engine: engine.info.name,
    threads: engine.info.threads,
    value: median(own),
    unit: 'tokens/s',
    rival: rival ? `${rival.name}, dense` : null,
    rivalValue: rival ? median(others) : null,
    ratio: rival ? median(own.map((value, i) => value / others[i]!)) : null,
  };
}

/** Bytes of float32 weights, two moments and gradients of a dictionary, and of a batch. */
function leastBytes({ width, latents, batch }: Size): number {
  const parameters = parameterCount(reluArchitecture('graph'), { dIn: width, latents });
  return 4 * ((statesPerParameter + 1) * parameters + batch * width);
}

/** Lowers all encoder biases alike until about `active` latents fire per token; answers how many do. */
function leaveActive(engine: Engine, trainer: Trainer, x: Tensor, active: number): number {
  const { encoder, encoderBias } = trainer.learners[0]!.parameters as ByParameter<
    Tensor,
    'encoderBias'
  >;
  const pre = engine.matmul(x, encoder, { transB: true });
  const sorted = Float32Array.from(engine.read(pre)).sort();
  const threshold = sorted[Math.max(0, sorted.length - active * x.shape[0]!)]!;
  const biases = engine.floats(
    new Float64Array(encoderBias.size).fill(-threshold),
    encoderBias.shape,
  );
  engine.copyInto(encoderBias, biases);
  engine.dispose(pre, biases);
  return trainer.train([() => ({ x })])[0]!.l0;
}
