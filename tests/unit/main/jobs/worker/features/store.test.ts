import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ActivationFile } from '../../../../../../main/formats/activation-file.ts';
import { openSafetensors } from '../../../../../../main/formats/safetensors.ts';
import { writeSafetensors } from '../../../../../../main/formats/safetensors-writer.ts';
import { ChunkFiles } from '../../../../../../main/jobs/worker/features/chunk-files.ts';
import { mergeChunks } from '../../../../../../main/jobs/worker/features/merge-chunks.ts';
import { featureMajor } from '../../../../../support/dense-activations.ts';
import { temporaryFolder } from '../../../../../support/folders.ts';
import { Random } from '../../../../../support/random.ts';

const tokens = 90;
const latents = 11;
const random = new Random(4);
/** Latent 3 is dead, latent 7 fires on every token. */
const dense = Float32Array.from({ length: tokens * latents }, (_, i) => {
  const latent = i % latents;
  if (latent === 3 || (latent !== 7 && random.uniform() > 0.2)) return 0;
  return Math.fround(0.1 + random.uniform());
});

/** The tokens `start` up to `end`, as a pass gives them. */
function part(start: number, end: number, sign = 1) {
  return featureMajor(
    dense.slice(start * latents, end * latents).map((x) => sign * x),
    latents,
  );
}

function merged(entries: number) {
  const folder = temporaryFolder();
  const chunks = new ChunkFiles(join(folder, 'chunks'), 'spec');
  for (const [start, end] of [
    [0, 40],
    [40, 41],
    [41, 90],
  ] as const)
    chunks.add([part(start, end), part(start, end, 2)]);
  const opened = chunks.open(1);
  const ranges: [number, number][] = [];
  const path = join(folder, 'activations.safetensors');
  const done = [
    ...mergeChunks(opened, path, {
      latents,
      entries,
      use: ({ first, latents: count }) => ranges.push([first, count]),
    }),
  ];
  for (const file of opened) file.close();
  return { path, ranges, done, chunks };
}

describe('the activation store', () => {
  it('turns chunks by tokens into both orders, in ranges of bounded size', () => {
    const { path, ranges, done, chunks } = merged(60);
    expect(ranges.length).toBeGreaterThan(3);
    expect(ranges.map(([, count]) => count).reduce((a, b) => a + b)).toBe(latents);
    const file = new ActivationFile(path);
    expect([file.latents, file.tokens, file.entries]).toEqual([
      latents,
      tokens,
      chunks.entriesOf(1),
    ]);
    expect(done.at(-1)).toBe(2 * file.entries);
    const found = new Float32Array(dense.length);
    const features = file.features();
    for (let j = 0; j < latents; j++)
      for (let i = features.pointers[j]!; i < features.pointers[j + 1]!; i++)
        found[features.token[i]! * latents + j] = features.value[i]!;
    expect(found).toEqual(dense.map((value) => 2 * value));
    found.fill(0);
    const rows = file.rows();
    for (let t = 0; t < tokens; t++)
      for (let i = rows.pointers[t]!; i < rows.pointers[t + 1]!; i++)
        found[t * latents + rows.feature[i]!] = rows.value[i]!;
    expect(found).toEqual(dense.map((value) => 2 * value));
    file.close();
  });

  it('is read by ranges, into shared memory where that is asked for', () => {
    const file = new ActivationFile(merged(1e6).path);
    const all = file.features();
    const some = file.features(6, 9, { shared: true });
    expect(some.token.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(some).toMatchObject({ first: 6, latents: 3, tokens });
    const from = all.pointers[6]!;
    expect([...some.pointers]).toEqual([...all.pointers.slice(6, 10)].map((at) => at - from));
    expect([...some.value]).toEqual([...all.value.slice(from, all.pointers[9])]);
    const row = file.rows(40, 41);
    const active = [...Array(latents).keys()].filter((j) => dense[40 * latents + j] !== 0);
    expect([...row.feature]).toEqual(active);
    expect(() => file.features(5, 12)).toThrow('entries');
    file.close();
  });

  it('goes on after the last whole chunk, and starts afresh for another spec', () => {
    const folder = join(temporaryFolder(), 'chunks');
    const first = new ChunkFiles(folder, 'spec');
    first.add([part(0, 40)]);
    expect(new ChunkFiles(folder, 'spec').tokens).toBe(40);
    expect(new ChunkFiles(folder, 'another').tokens).toBe(0);
    expect(new ChunkFiles(folder, 'spec').tokens).toBe(0);
  });

  it('tells files of before the token-major part from others', () => {
    const path = join(temporaryFolder(), 'old.safetensors');
    writeSafetensors(path, [
      { name: 'pointers', shape: [3], data: BigInt64Array.of(0n, 1n, 1n) },
      { name: 'token', shape: [1], data: Int32Array.of(5) },
      { name: 'value', shape: [1], data: Float32Array.of(2) },
    ]);
    const file = new ActivationFile(path);
    expect(file.features(0, 1).token[0]).toBe(5);
    expect(file.hasTokens).toBe(false);
    expect(() => file.rows(0, 1)).toThrow('Collect the features again');
    file.close();
  });

  it('keeps feature numbers in 16 bits where they fit', () => {
    const reader = openSafetensors(merged(100).path);
    expect(reader.tensors.get('feature')?.dtype).toBe('U16');
    reader.close();
  });
});
