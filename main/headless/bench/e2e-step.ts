import { availableParallelism } from 'node:os';
import { AppError } from '../../../shared/errors.ts';
import type { Engine, Tensor } from '../../compute/engine.ts';
import { parseHook } from '../../compute/model/hooks.ts';
import { parseModelConfig } from '../../compute/model/open-transformer.ts';
import { Transformer } from '../../compute/model/transformer.ts';
import { RandomStream } from '../../compute/random.ts';
import { comparedBy, type Objective } from '../../compute/sae/objective.ts';
import { OriginalPass } from '../../compute/sae/original-pass.ts';
import { benchEngines } from './bench-engines.ts';
import { benchTrainer } from './bench-trainer.ts';
import { Rival } from './rival.ts';
import { median, type BenchContext, type Row } from './row.ts';

export interface Size {
  readonly layers: number;
  readonly width: number;
  readonly vocabulary: number;
  readonly sequences: number;
  readonly length: number;
}

/** GPT-2 small's shape, with the dictionary in its middle. */
const defaultSizes = ['12x768x50257x4x256'];
const rounds = 3;
/** Latents per dimension of the hook point. */
const ratio = 16;
const headWidth = 64;

/**
 * Tokens per second of an end-to-end step (KL and sparsity) on a random GPT-2 of the sizes
 * LAYERSxWIDTHxVOCABULARYxSEQUENCESxLENGTH, against the same step as e2e_sae takes it.
 */
export async function* benchE2eStep(
  sizes: readonly string[],
  { signal, note }: BenchContext,
): AsyncGenerator<Row> {
  const parsed = (sizes.length > 0 ? sizes : defaultSizes).map(parseSize);
  const threads = Math.min(2, availableParallelism());
  const rival = await Rival.start('e2e_step.py', note);
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
  const match = /^(\d{1,3})x(\d{1,5})x(\d{1,6})x(\d{1,4})x(\d{1,5})$/.exec(text);
  const numbers = match?.slice(1).map(Number) ?? [];
  const [layers, width, vocabulary, sequences, length] = numbers as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (!match || numbers.includes(0) || layers < 2 || width % headWidth !== 0)
    throw new AppError(
      'usage',
      `${text} is not a size. Write LAYERSxWIDTHxVOCABULARYxSEQUENCESxLENGTH, such as 12x768x50257x4x256, with at least 2 layers and a width that ${headWidth} divides.`,
      { size: text },
    );
  return { layers, width, vocabulary, sequences, length };
}

async function compare(engine: Engine, size: Size, rival: Rival | undefined): Promise<Row> {
  const { layers, width, sequences, length } = size;
  const step = prepare(engine, size);
  const tokens = sequences * length;
  const [own, others]: [number[], number[]] = [[], []];
  step();
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    step();
    own.push(tokens / ((performance.now() - start) / 1000));
    if (!rival) continue;
    const { seconds } = (await rival.ask({
      ...size,
      heads: width / headWidth,
      layer: Math.floor(layers / 2),
      latents: ratio * width,
      threads: engine.info.threads,
      steps: 1,
    })) as { seconds: number };
    others.push(tokens / seconds);
  }
  const gibibytes = (engine.usage().peakBytes / 2 ** 30).toFixed(2);
  return {
    name: `end-to-end step, ${layers} layers, d ${width}, ratio ${ratio}, ${sequences}x${length} tokens, peak ${gibibytes} GiB`,
    engine: engine.info.name,
    threads: engine.info.threads,
    value: median(own),
    unit: 'tokens/s',
    rival: rival?.name ?? null,
    rivalValue: rival ? median(others) : null,
    ratio: rival ? median(own.map((value, i) => value / others[i]!)) : null,
  };
}

/** A model, a dictionary in its middle, and one step of its training. */
export function prepare(engine: Engine, size: Size): () => void {
  const { layers, width, vocabulary, sequences, length } = size;
  const model = randomModel(engine, size);
  const hook = parseHook(`blocks.${Math.floor(layers / 2)}.hook_resid_pre`, model.config);
  const objective: Objective = [
    { kind: 'sparsity', coefficient: 1, p: 1 },
    { kind: 'logitsKl', coefficient: 1, direction: 'model-to-spliced' },
  ];
  const shape = { dIn: width, latents: ratio * width };
  const trainer = benchTrainer(engine, { shape, objective, hook });
  const ids = Int32Array.from({ length: sequences * length }, (_, i) => (i * 7919) % vocabulary);
  const point = { hook, compared: comparedBy(objective) };
  return () => {
    const original = new OriginalPass(model, { ids, sequences, length }, [point]);
    trainer.train([() => ({ x: original.at(hook), original })]);
    original.dispose();
  };
}

/** A GPT-2 of random weights. */
export function randomModel(
  engine: Engine,
  { layers, width, vocabulary, length }: Size,
): Transformer {
  const config = parseModelConfig(
    {
      model_type: 'gpt2',
      n_layer: layers,
      n_embd: width,
      n_head: width / headWidth,
      vocab_size: vocabulary,
      n_positions: length,
    },
    'config.json',
  );
  let stream = 0;
  const random = (shape: number[]): Tensor => {
    const count = shape.reduce((product, n) => product * n, 1);
    return engine.floats(new RandomStream(1, stream++).uniforms(count, 0.035), shape);
  };
  const norm = () => ({
    gain: engine.floats(new Float32Array(width).fill(1), [width]),
    bias: undefined,
  });
  const linear = (from: number, to: number) => ({ weight: random([from, to]), bias: random([to]) });
  const token = random([vocabulary, width]);
  return new Transformer(engine, config, {
    embedding: { token, position: random([length, width]) },
    blocks: Array.from({ length: layers }, () => ({
      attentionNorm: norm(),
      query: linear(width, width),
      key: linear(width, width),
      value: linear(width, width),
      output: linear(width, width),
      attentionPostNorm: undefined,
      mlpNorm: norm(),
      mlpGate: undefined,
      mlpIn: linear(width, 4 * width),
      mlpOut: linear(4 * width, width),
      mlpPostNorm: undefined,
    })),
    readout: { norm: norm(), unembedding: token, bias: undefined },
  });
}
