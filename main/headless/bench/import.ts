import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { openDictionaries } from '../../formats/dictionaries/open-dictionaries.ts';
import { storeDictionary } from '../../formats/dictionaries/store.ts';
import { writeTorchZip } from '../../formats/torch-zip/torch-writer.ts';
import { Rival } from './rival.ts';
import { median, type BenchContext, type Row } from './row.ts';

/** A dictionary of e2e_sae for GPT-2 small, 283 MB: width 768, 46,080 latents. */
const defaultSizes = ['768x46080'];
const rounds = 9;
const prefix = 'blocks-6-hook_resid_pre.';

/**
 * Seconds to read a checkpoint of e2e_sae, normalise its decoder, and store it on the disk with a sum of
 * what it holds, against torch.load, which brings the same file into memory and does no more, and against
 * PyTorch doing the same work; and the memory that it takes at its peak beyond what was in use, as a multiple of the file. The file
 * is in the system's cache.
 */
export async function* benchImport(
  sizes: readonly string[],
  { signal, note }: BenchContext,
): AsyncGenerator<Row> {
  const rival = await Rival.start('import.py', note);
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  try {
    for (const size of sizes.length > 0 ? sizes : defaultSizes) {
      const file = join(folder, 'samples_400000.pt');
      rmSync(file, { force: true });
      await writeCheckpoint(file, parseSize(size));
      yield* compare(size, file, rival, signal);
    }
  } finally {
    rival?.close();
    rmSync(folder, { recursive: true });
  }
}

async function* compare(
  size: string,
  file: string,
  rival: Rival | undefined,
  signal: AbortSignal,
): AsyncGenerator<Row> {
  const own: number[] = [];
  const theirs: Answer[] = [];
  const before = process.memoryUsage.rss();
  let peak = before;
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    const { seconds, memory } = await importOnce(file);
    own.push(seconds);
    peak = Math.max(peak, memory);
    if (rival) theirs.push((await rival.ask({ path: file })) as Answer);
  }
  const shared = { engine: 'none', threads: 1, rival: rival?.name ?? null };
  for (const [work, part] of [
    ['', 'load'],
    [' beside the same work', 'same'],
  ] as const)
    yield {
      ...shared,
      name: `import ${size}${work}`,
      value: median(own),
      unit: 's',
      rival: rival ? `${rival.name}${part === 'same' ? ', normalised and saved' : ''}` : null,
      rivalValue: rival ? median(theirs.map((answer) => answer[part])) : null,
      ratio: rival ? median(theirs.map((answer, round) => own[round]! / answer[part])) : null,
    };
  yield {
    ...shared,
    name: `import ${size}, extra memory`,
    value: (peak - before) / statSync(file).size,
    unit: 'file sizes',
    rival: null,
    rivalValue: null,
    ratio: null,
  };
}

/** Seconds of the rival to load the file, and to load, normalise and save it. */
interface Answer {
  readonly load: number;
  readonly same: number;
}

async function importOnce(file: string): Promise<{ seconds: number; memory: number }> {
  const out = `${file}.safetensors`;
  rmSync(out, { force: true });
  let memory = 0;
  const report = () => {
    memory = Math.max(memory, process.memoryUsage.rss());
  };
  const start = performance.now();
  const opened = openDictionaries(file);
  try {
    for (const found of opened.dictionaries) await storeDictionary(out, found, { report });
  } finally {
    opened.close();
  }
  return { seconds: (performance.now() - start) / 1000, memory };
}

interface Size {
  readonly width: number;
  readonly latents: number;
}

async function writeCheckpoint(file: string, { width, latents }: Size): Promise<void> {
  const tensor = (name: string, shape: readonly number[]) => ({
    name: `${prefix}${name}`,
    type: 'FloatStorage' as const,
    shape,
    pieces: () => numbers(shape.reduce((product, length) => product * length, 1)),
  });
  await writeTorchZip(file, [
    tensor('encoder.0.weight', [latents, width]),
    tensor('encoder.0.bias', [latents]),
    tensor('decoder.weight', [width, latents]),
    tensor('decoder.bias', [width]),
  ]);
  // What the disk still has to write would be in the way of what is measured.
  const fd = openSync(file, 'r+');
  fsyncSync(fd);
  closeSync(fd);
}

/** So many numbers between -1 and 1, the same each time. */
function* numbers(count: number): Generator<Buffer> {
  const block = Float32Array.from({ length: 1 << 20 }, (_, i) => Math.sin(i * 12.9898));
  for (let rest = count; rest > 0; rest -= block.length)
    yield Buffer.from(block.buffer, 0, 4 * Math.min(rest, block.length));
}

function parseSize(text: string): Size {
  const match = /^([1-9]\d{0,5})x([1-9]\d{0,6})$/.exec(text);
  if (match) return { width: Number(match[1]), latents: Number(match[2]) };
  throw new AppError('usage', `${text} is not a size. Write WIDTHxLATENTS, such as 768x46080.`, {
    size: text,
  });
}
