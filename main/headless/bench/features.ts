import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import type { Engine } from '../../compute/engine.ts';
import { directionTensors } from '../../compute/features/direction-tensors.ts';
import { FeatureFigures } from '../../compute/features/feature-figures.ts';
import { batchRows, FeaturePass } from '../../compute/features/feature-pass.ts';
import { activationsAt } from '../../compute/model/activations.ts';
import { parseHook } from '../../compute/model/hooks.ts';
import { RandomStream } from '../../compute/random.ts';
import { openArchitecture } from '../../compute/sae/architectures/open-architecture.ts';
import { FrozenDictionary, type PlacedDictionary } from '../../compute/sae/frozen-dictionary.ts';
import { ActivationFileWriter, byToken } from '../../formats/activation-file.ts';
import { writeSafetensors } from '../../formats/safetensors-writer.ts';
import { benchEngines } from './bench-engines.ts';
import { openBenchModel, type BenchModel } from './bench-model.ts';
import { Rival } from './rival.ts';
import { median, type BenchContext, type Row } from './row.ts';

interface Size {
  readonly latents: number;
  readonly sequences: number;
  /** Active latents per token. */
  readonly active: number;
}

const defaultSizes = ['1024x256x32'];
const rounds = 3;
const hookName = 'blocks.2.hook_resid_pre';

/**
 * Features per second from tokens to files, at sizes LATENTSxSEQUENCESxACTIVE: pass of model and
 * dictionary, counts, histograms, examples, logits and neighbours of every feature, written with all
 * activations. Beside it SAEDashboard's generator on the same model, tokens and dictionary, up to its
 * data in memory, which it does not write.
 */
export async function* benchFeatures(
  sizes: readonly string[],
  { signal, note }: BenchContext,
): AsyncGenerator<Row> {
  const parsed = (sizes.length > 0 ? sizes : defaultSizes).map(parseSize);
  const threads = Math.min(2, availableParallelism());
  const rival = await Rival.start('features.py', note);
  try {
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
  const match = /^([1-9]\d{0,5})x([1-9]\d{0,5})x([1-9]\d{0,3})$/.exec(text);
  if (!match)
    throw new AppError(
      'usage',
      `${text} is not a size. Write LATENTSxSEQUENCESxACTIVE, such as 1024x256x32.`,
      { size: text },
    );
  const [latents, sequences, active] = match.slice(1).map(Number) as [number, number, number];
  return { latents, sequences, active };
}

async function compare(engine: Engine, size: Size, rival: Rival | undefined): Promise<Row> {
  const source = openBenchModel(engine);
  const { latents, sequences, active } = size;
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  try {
    const placed = makeDictionary(source, size);
    const weights = writeWeights(folder, engine, placed, source, sequences);
    const [own, others]: [number[], number[]] = [[], []];
    let l0 = 0;
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      l0 = collect(folder, source, placed, sequences);
      own.push(latents / ((performance.now() - start) / 1000));
      if (!rival) continue;
      const request = { weights, model: source.folder, hook: hookName };
      const { seconds } = (await rival.ask({ ...request, threads: engine.info.threads })) as {
        seconds: number;
      };
      others.push(latents / seconds);
    }
    return {
      name: `features of ${source.name}, n ${latents}, ${sequences * source.tokens.context} tokens, L0 ${Math.round(l0)} (asked ${active})`,
      engine: engine.info.name,
      threads: engine.info.threads,
      value: median(own),
      unit: 'features/s',
      rival: rival?.name ?? null,
      rivalValue: rival ? median(others) : null,
      ratio: rival ? median(own.map((value, i) => value / others[i]!)) : null,
    };
  } finally {
    source.tokens.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Random unit directions, with biases alike that leave about `active` latents active. */
function makeDictionary(
  { model, tokens }: BenchModel,
  { latents, active }: Size,
): PlacedDictionary {
  const { engine, config } = model;
  const width = config.width;
  const hook = parseHook(hookName, config);
  const random = engine.floats(new RandomStream(1, 1).normals(latents * width), [latents, width]);
  const { y: rows, norms } = engine.normaliseRows(random);
  const batch = { ids: tokens.read([0, 1, 2, 3]), sequences: 4, length: tokens.context };
  const x = activationsAt(model, batch, hook);
  const products = engine.matmul(x, rows, { transB: true });
  const sorted = Float32Array.from(engine.read(products)).sort();
  const threshold = sorted[Math.max(0, sorted.length - active * x.shape[0]!)]!;
  engine.dispose(random, norms, x, products);
  const parameters = {
    encoder: rows,
    decoder: engine.clone(rows),
    encoderBias: engine.floats(new Float32Array(latents).fill(-threshold), [latents]),
    decoderBias: engine.floats(new Float32Array(width), [width]),
  };
  const architecture = openArchitecture({ architecture: 'relu' });
  return { hook, dictionary: new FrozenDictionary(engine, architecture, parameters) };
}

/** What the rival reads: rows of the encoder, biases and token ids. */
function writeWeights(
  folder: string,
  engine: Engine,
  { dictionary }: PlacedDictionary,
  { tokens }: BenchModel,
  sequences: number,
): string {
  const path = join(folder, 'weights.safetensors');
  const { latents, dIn } = dictionary.shape;
  const { encoder, encoderBias } = dictionary.parameters as unknown as Record<
    'encoder' | 'encoderBias',
    Parameters<Engine['read']>[0]
  >;
  writeSafetensors(path, [
    { name: 'encoder', shape: [latents, dIn], data: Float32Array.from(engine.read(encoder)) },
    { name: 'bias', shape: [latents], data: Float32Array.from(engine.read(encoderBias)) },
    {
      name: 'tokens',
      shape: [sequences, tokens.context],
      data: tokens.read(firstRows(0, sequences)),
    },
  ]);
  return path;
}

/** The whole way of a features job, in one chunk; answers the active latents per token. */
function collect(
  folder: string,
  { model, tokens }: BenchModel,
  placed: PlacedDictionary,
  sequences: number,
): number {
  const { context } = tokens;
  const { latents } = placed.dictionary.shape;
  const pass = new FeaturePass(model, [placed]);
  const atOnce = batchRows(model.engine, sequences, context);
  for (let row = 0; row < sequences; row += atOnce) {
    const rows = firstRows(row, Math.min(sequences, row + atOnce));
    pass.add({ ids: tokens.read(rows), sequences: rows.length, length: context });
  }
  const activations = { first: 0, ...pass.take()[0]! };
  const figures = new FeatureFigures({
    latents,
    ids: tokens.read(firstRows(0, sequences)),
    vocabulary: model.config.vocabulary,
    length: context,
    examples: 20,
    seed: 0,
    labels: undefined,
  });
  figures.add(0, activations);
  const tensors = [...figures.tensors(), ...directionTensors(model, placed.dictionary, [])];
  writeSafetensors(join(folder, 'features.safetensors'), tensors);
  const counts = Float64Array.from(
    { length: latents },
    (_, j) => activations.pointers[j + 1]! - activations.pointers[j]!,
  );
  const path = join(folder, 'activations.safetensors');
  const writer = new ActivationFileWriter(path, counts, activations.tokens);
  writer.features(0, activations.token, activations.value);
  writer.rows(0, 0, byToken(activations, activations.tokens));
  writer.close();
  return activations.token.length / activations.tokens;
}

function firstRows(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}
