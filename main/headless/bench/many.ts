import { availableParallelism } from 'node:os';
import { AppError } from '../../../shared/errors.ts';
import type { Engine } from '../../compute/engine.ts';
import { parseHook, type HookPoint } from '../../compute/model/hooks.ts';
import { comparedBy, type Objective } from '../../compute/sae/objective.ts';
import { OriginalPass } from '../../compute/sae/original-pass.ts';
import type { Trainer } from '../../compute/sae/trainer.ts';
import { benchEngines } from './bench-engines.ts';
import { openBenchModel, type BenchModel } from './bench-model.ts';
import { benchTrainer } from './bench-trainer.ts';
import { median, type BenchContext, type Row } from './row.ts';

interface Size {
  readonly count: number;
  readonly ratio: number;
  readonly layer: number;
}

/** Ratios that are in use, at the layer of the comparison of objectives. */
const defaultSizes = ['8x4x2', '8x8x2', '8x16x2'];
const rounds = 7;
const stepsPerTurn = 5;
/** Steps before anything is measured: the codes are dense at first. */
const settlingSteps = 100;
const sequences = 8;
const learningRate = 2e-3;
const objective: Objective = [
  { kind: 'sparsity', coefficient: 2, p: 1 },
  { kind: 'outToIn', coefficient: 1 },
];

/**
 * What COUNT local dictionaries on one stream of tokens cost beside a single one, at sizes
 * COUNTxRATIOxLAYER: reading tokens, the model's pass up to the layer, and a training step of each
 * dictionary, in turns. Once in time that passes, and once in time of the processor, which says the
 * same on a machine that does something else too. With m the cost of the pass and d that of a
 * dictionary it is (m + COUNT d) / (m + d): the name has both numbers of multiply-adds per token that
 * cannot be saved, those of the blocks and of the encoder.
 */
export async function* benchMany(
  sizes: readonly string[],
  { signal, note }: BenchContext,
): AsyncGenerator<Row> {
  const parsed = (sizes.length > 0 ? sizes : defaultSizes).map(parseSize);
  const threads = Math.min(2, availableParallelism());
  for await (const engine of benchEngines([threads], note)) {
    const source = openBenchModel(engine);
    try {
      for (const size of parsed) {
        signal.throwIfAborted();
        yield* compare(engine, source, size);
      }
    } finally {
      source.tokens.close();
    }
  }
}

function parseSize(text: string): Size {
  const match = /^([1-9]\d{0,2})x([1-9]\d{0,2})x(\d{1,2})$/.exec(text);
  if (!match)
    throw new AppError('usage', `${text} is not a size. Write COUNTxRATIOxLAYER, such as 8x4x2.`, {
      size: text,
    });
  const [count, ratio, layer] = match.slice(1).map(Number) as [number, number, number];
  return { count, ratio, layer };
}

interface Cost {
  readonly wall: number;
  readonly processor: number;
}

function* compare(engine: Engine, source: BenchModel, size: Size): Generator<Row> {
  const { count, ratio, layer } = size;
  const { config } = source.model;
  const hook = parseHook(`blocks.${layer}.hook_resid_pre`, config);
  const shape = { dIn: config.width, latents: ratio * config.width };
  const learners = Array.from({ length: count }, () => ({ shape, objective, hook, learningRate }));
  const [one, many] = [benchTrainer(engine, learners[0]!), benchTrainer(engine, ...learners)];
  for (const trainer of [one, many]) run(source, trainer, hook, settlingSteps);
  const costs: { one: Cost; many: Cost }[] = [];
  let l0 = 0;
  for (let round = 0; round < rounds; round++) {
    const alone = run(source, one, hook, stepsPerTurn);
    costs.push({ one: alone, many: run(source, many, hook, stepsPerTurn) });
    ({ l0 } = alone);
  }
  one.dispose();
  many.dispose();
  const blocks = layer * 2 * config.width * (2 * config.width + config.mlpWidth);
  const encoder = shape.latents * config.width;
  const million = (products: number) => (products / 1e6).toFixed(2);
  for (const [kind, words] of [
    ['wall', 'time'],
    ['processor', 'processor time'],
  ] as const)
    yield {
      name: `${count} local dictionaries beside one in ${words}, ${source.name}, ${hook.name}, ratio ${ratio}, L0 ${Math.round(l0)}, ${sequences}x${source.tokens.context} tokens, blocks ${million(blocks)} M, encoder ${million(encoder)} M`,
      engine: engine.info.name,
      threads: engine.info.threads,
      value: median(costs.map((cost) => cost.many[kind] / cost.one[kind])),
      unit: 'times',
      rival: null,
      rivalValue: null,
      ratio: null,
    };
}

/** Steps on the next sequences: seconds that they took, and active latents of the first dictionary. */
function run(
  { model, tokens }: BenchModel,
  trainer: Trainer,
  hook: HookPoint,
  steps: number,
): Cost & { l0: number } {
  const point = { hook, compared: comparedBy(objective) };
  const start = performance.now();
  const before = process.cpuUsage();
  let l0 = 0;
  for (let step = 0; step < steps; step++) {
    const first = trainer.step * sequences;
    const rows = Array.from({ length: sequences }, (_, i) => (first + i) % tokens.rows);
    const ids = tokens.read(rows);
    const original = new OriginalPass(model, { ids, sequences, length: tokens.context }, [point]);
    ({ l0 } = trainer.train([() => ({ x: original.at(hook), original })])[0]!);
    original.dispose();
  }
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - start, processor: user + system, l0 };
}
