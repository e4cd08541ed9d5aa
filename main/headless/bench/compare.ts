import { availableParallelism } from 'node:os';
import { AppError } from '../../../shared/errors.ts';
import { activityClasses } from '../../compute/compare/activity-classes.ts';
import { coactivationPartners } from '../../compute/compare/coactivation-partners.ts';
import { cosinePartners } from '../../compute/compare/cosine-partners.ts';
import type { Engine, Tensor } from '../../compute/engine.ts';
import type { FeatureMajor } from '../../compute/features/activation-store.ts';
import { FastRandom } from '../../compute/fast-random.ts';
import { RandomStream } from '../../compute/random.ts';
import { benchEngines } from './bench-engines.ts';
import { Rival } from './rival.ts';
import { median, type BenchContext, type Row } from './row.ts';

interface Size {
  readonly latents: number;
  readonly width: number;
  readonly tokens: number;
  /** Active latents per token. */
  readonly active: number;
}

const defaultSizes = ['24576x768x1000000x50'];
const rounds = 3;
/** Rows of a product that exist at a time, on either side of the comparison. */
const blockEntries = 1 << 23;

/**
 * Comparing two dictionaries of LATENTS at width WIDTH over TOKENS tokens at L0 ACTIVE: best cosines in
 * both directions against the dense product alone on the same engine, and best Jaccard in both directions
 * against scipy.sparse's product alone of activations drawn alike, in time that passes and in time of the
 * processor. A last row gives the memory of the whole at its peak.
 */
export async function* benchCompare(
  sizes: readonly string[],
  { signal, note }: BenchContext,
): AsyncGenerator<Row> {
  const parsed = (sizes.length > 0 ? sizes : defaultSizes).map(parseSize);
  const threads = Math.min(2, availableParallelism());
  for (const size of parsed) {
    // First, since what an engine once took stays with the process.
    yield* compareJaccard(size, threads, { signal, note });
    for await (const engine of benchEngines([threads], note)) {
      signal.throwIfAborted();
      yield await compareCosines(engine, size);
    }
    yield memoryRow(size, threads);
  }
}

function parseSize(text: string): Size {
  const match = /^([1-9]\d{0,5})x([1-9]\d{0,4})x([1-9]\d{0,7})x([1-9]\d{0,3})$/.exec(text);
  if (!match)
    throw new AppError(
      'usage',
      `${text} is not a size. Write LATENTSxWIDTHxTOKENSxACTIVE, such as 24576x768x1000000x50.`,
      { size: text },
    );
  const [latents, width, tokens, active] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return { latents, width, tokens, active };
}

/** Both directions, class by class as a comparison finds them, against the product by blocks. */
async function compareCosines(engine: Engine, { latents, width }: Size): Promise<Row> {
  const [a, b] = [directions(engine, latents, width, 1), directions(engine, latents, width, 2)];
  const alive = activityClasses(new Float64Array(latents).fill(1e6));
  const [own, others]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    own.push(await secondsOf(() => cosinePartners(engine, a, b, { a: alive, b: alive })));
    others.push(await secondsOf(() => denseProduct(engine, a, b)));
  }
  engine.dispose(a, b);
  return {
    name: `cosine both ways ${latents}x${width}`,
    engine: engine.info.name,
    threads: engine.info.threads,
    value: median(own),
    unit: 's',
    rival: 'the dense product alone',
    rivalValue: median(others),
    ratio: median(others.map((seconds, i) => seconds / own[i]!)),
  };
}

function directions(engine: Engine, n: number, d: number, seed: number): Tensor {
  const raw = engine.floats(new RandomStream(seed, 0).normals(n * d), [n, d]);
  const { y, norms } = engine.normaliseRows(raw);
  engine.dispose(raw, norms);
  return y;
}

/** The product itself is too large for memory: its blocks are thrown away. */
function denseProduct(engine: Engine, a: Tensor, b: Tensor): Promise<void> {
  const [n, m] = [a.shape[0]!, b.shape[0]!];
  const size = Math.max(1, Math.floor(blockEntries / m));
  for (let start = 0; start < n; start += size) {
    const part = engine.rows(a, start, Math.min(n, start + size));
    const product = engine.matmul(part, b, { transB: true });
    // An engine may put work off until something is read of it.
    const one = engine.rows(product, 0, 1);
    engine.read(one);
    engine.dispose(part, product, one);
  }
  return Promise.resolve();
}

async function* compareJaccard(
  size: Size,
  threads: number,
  { signal, note }: BenchContext,
): AsyncGenerator<Row> {
  const [a, b] = [activations(size, 1), activations(size, 2)];
  const rival = await Rival.start('jaccard.py', note);
  try {
    const own: Cost[] = [];
    const others: Cost[] = [];
    for (let round = 0; round < rounds; round++) {
      signal.throwIfAborted();
      own.push(await costOf(() => jaccard(a, b, threads)));
      if (rival) others.push((await rival.ask({ ...size })) as Cost);
    }
    for (const [words, time] of [
      ['', 'seconds'],
      [', processor time', 'processor'],
    ] as const)
      yield {
        name: `Jaccard both ways ${size.latents}x${size.tokens}x${size.active}${words}`,
        engine: 'threads',
        threads,
        value: median(own.map((cost) => cost[time])),
        unit: 's',
        rival: rival?.name ?? null,
        rivalValue: rival ? median(others.map((cost) => cost[time])) : null,
        ratio: rival ? median(others.map((cost, i) => cost[time] / own[i]![time])) : null,
      };
  } finally {
    rival?.close();
  }
}

interface Cost {
  readonly seconds: number;
  /** Seconds of all threads together. */
  readonly processor: number;
}

function jaccard(a: FeatureMajor, b: FeatureMajor, threads: number): Promise<unknown> {
  return coactivationPartners(a, b, { measures: ['jaccard'], threads, level: 0 });
}

/**
 * Activations as the rival draws its own: on each token `active` features, whose frequencies fall as
 * 1 / (place + 100), as those of dictionaries do. All are 1. Drawn twice, to be counted and to be
 * written, so that nothing else of their size is ever there.
 */
function activations({ latents, tokens, active }: Size, seed: number): FeatureMajor {
  const pointers = new Float64Array(latents + 1);
  drawFeatures({ latents, tokens, active }, seed, (feature) => pointers[feature + 1]!++);
  for (let j = 0; j < latents; j++) pointers[j + 1]! += pointers[j]!;
  const next = pointers.slice(0, latents);
  const token = new Int32Array(new SharedArrayBuffer(4 * tokens * active));
  drawFeatures({ latents, tokens, active }, seed, (feature, at) => (token[next[feature]!++] = at));
  return { latents, tokens, pointers, token, value: new Float32Array(tokens * active).fill(1) };
}

function drawFeatures(
  { latents, tokens, active }: Omit<Size, 'width'>,
  seed: number,
  visit: (feature: number, token: number) => void,
): void {
  const random = new FastRandom(seed, 0);
  const span = Math.log((latents + 100) / 100);
  const seen = new Int32Array(latents).fill(-1);
  for (let token = 0; token < tokens; token++)
    for (let found = 0; found < active;) {
      const uniform = random.word() / 2 ** 32;
      const feature = Math.min(latents - 1, Math.floor(100 * Math.exp(span * uniform) - 100));
      if (seen[feature] === token) continue;
      seen[feature] = token;
      visit(feature, token);
      found++;
    }
}

async function secondsOf(run: () => Promise<unknown>): Promise<number> {
  return (await costOf(run)).seconds;
}

async function costOf(run: () => Promise<unknown>): Promise<Cost> {
  const before = process.cpuUsage();
  const start = performance.now();
  await run();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - start) / 1000, processor: (user + system) / 1e6 };
}

function memoryRow({ latents, width, tokens, active }: Size, threads: number): Row {
  return {
    name: `peak memory ${latents}x${width}x${tokens}x${active}`,
    engine: 'all',
    threads,
    value: process.resourceUsage().maxRSS / 1024,
    unit: 'MiB',
    rival: null,
    rivalValue: null,
    ratio: null,
  };
}
