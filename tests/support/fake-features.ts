import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tokensById } from '../../main/compute/features/near-misses.ts';
import { ActivationFileWriter, byToken } from '../../main/formats/activation-file.ts';
import { writeSafetensors } from '../../main/formats/safetensors-writer.ts';
import { jobFiles, runFiles } from '../../main/jobs/job-folder.ts';
import { Random } from './random.ts';

/**
 * The files that training leaves about features (see main/jobs/job-folder.ts), for made-up
 * activations: small, deterministic, and consistent with each other.
 */
export const fake = {
  rows: 32,
  context: 16,
  vocabulary: 50,
  latents: 24,
  dIn: 8,
  bins: 10,
  top: 5,
};
export const fakeProperties = ['vowel', 'end'];

const tokens = fake.rows * fake.context;

export function fakeTokens(): Int32Array {
  const random = new Random(1);
  return Int32Array.from({ length: tokens }, () => random.integer(0, fake.vocabulary - 1));
}

/** Activation of a feature on a token; 0 for most. Features whose number is 5 modulo 8 are dead. */
export function fakeActivation(seed: number, feature: number, token: number): number {
  if (feature % 8 === 5) return 0;
  const value = new Random(seed * 7919 + feature * 104_729 + token).uniform();
  return value < 0.1 ? Math.fround(value * 30) : 0;
}

interface Active {
  readonly token: number;
  readonly value: number;
}

function activeTokens(seed: number, feature: number): Active[] {
  return Array.from({ length: tokens }, (_, token) => ({
    token,
    value: fakeActivation(seed, feature, token),
  })).filter(({ value }) => value > 0);
}

export function writeSharedFiles(folder: string): void {
  const { rows, context, vocabulary } = fake;
  const ids = fakeTokens();
  const byId = tokensById(ids, vocabulary);
  writeSafetensors(join(folder, jobFiles.tokens), [
    { name: 'input_ids', shape: [rows, context], data: ids },
    { name: 'by_id', shape: [tokens], data: byId.tokens },
    { name: 'id_pointers', shape: [vocabulary + 1], data: byId.pointers },
  ]);
  const words = Array.from({ length: vocabulary }, (_, id) => (id === 3 ? '<script>' : ` w${id}`));
  writeFileSync(join(folder, jobFiles.vocabulary), JSON.stringify(words));
}

/** features.safetensors and activations.safetensors of one run among `siblings`. */
export function writeFeatureFiles(folder: string, seed: number, siblings: readonly number[]): void {
  mkdirSync(folder, { recursive: true });
  const active = Array.from({ length: fake.latents }, (_, feature) => activeTokens(seed, feature));
  writeSafetensors(join(folder, runFiles.features), featureTensors(active, seed, siblings), {
    properties: JSON.stringify(fakeProperties),
  });
  const counts = active.map((list) => list.length);
  const all = active.flat();
  const range = {
    first: 0,
    latents: fake.latents,
    tokens,
    pointers: Float64Array.from([0, ...counts.map((_, i) => sumOf(counts.slice(0, i + 1)))]),
    token: Int32Array.from(all, ({ token }) => token),
    value: Float32Array.from(all, ({ value }) => value),
  };
  const writer = new ActivationFileWriter(join(folder, runFiles.activations), counts, tokens);
  writer.features(0, range.token, range.value);
  writer.rows(0, 0, byToken(range, tokens));
  writer.close();
}

function sumOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function featureTensors(active: Active[][], seed: number, siblings: readonly number[]) {
  const { latents: n, bins, top, context } = fake;
  const others = siblings.filter((other) => other !== seed);
  const maximum = active.map((list) => Math.max(0, ...list.map(({ value }) => value)));
  const floats = (values: readonly number[], ...shape: number[]) => ({
    shape,
    data: Float32Array.from(values),
  });
  const ints = (values: readonly number[], ...shape: number[]) => ({
    shape,
    data: Int32Array.from(values),
  });
  const each = <T>(length: number, make: (i: number) => T) =>
    Array.from({ length }, (_, i) => make(i));
  const band = (value: number, feature: number, count: number) =>
    Math.min(count - 1, Math.floor((value / maximum[feature]!) * count));
  const inBand = (feature: number, k: number) =>
    active[feature]!.filter(({ value }) => band(value, feature, 5) === k);
  const sorted = active.map((list) => [...list].sort((a, b) => b.value - a.value));
  const place = (item: Active | undefined) =>
    item ? [Math.floor(item.token / context), item.token % context] : [-1, -1];
  const random = new Random(seed + 99);
  const tensors = {
    count: ints(
      active.map((list) => list.length),
      n,
    ),
    sum: floats(
      active.map((list) => list.reduce((sum, { value }) => sum + value, 0)),
      n,
    ),
    max: floats(maximum, n),
    histogram: ints(
      active.flatMap((list, f) =>
        each(bins, (b) => list.filter(({ value }) => band(value, f, bins) === b).length),
      ),
      n,
      bins,
    ),
    density_by_position: floats(
      active.flatMap((list) =>
        each(context, (p) => list.filter(({ token }) => token % context === p).length / fake.rows),
      ),
      n,
      context,
    ),
    encoder_decoder_cosine: floats(
      each(n, () => random.uniform()),
      n,
    ),
    top: ints(
      sorted.flatMap((list) => each(top, (i) => place(list[i])).flat()),
      n,
      top,
      2,
    ),
    top_value: floats(
      sorted.flatMap((list) => each(top, (i) => list[i]?.value ?? 0)),
      n,
      top,
    ),
    quantile: ints(
      each(n, (f) => each(5, (k) => each(2, (i) => place(inBand(f, k)[i])).flat()).flat()).flat(),
      n,
      5,
      2,
      2,
    ),
    quantile_value: floats(
      each(n, (f) => each(5, (k) => each(2, (i) => inBand(f, k)[i]?.value ?? 0)).flat()).flat(),
      n,
      5,
      2,
    ),
    quantile_count: ints(each(n, (f) => each(5, (k) => inBand(f, k).length)).flat(), n, 5),
    logit_histogram: ints(
      each(n * 20, (i) => 10 - Math.abs((i % 20) - 10)),
      n,
      20,
    ),
    logit_range: floats(each(n, () => [-3, 3]).flat(), n, 2),
    promoted: ints(
      each(n * 3, () => random.integer(0, fake.vocabulary - 1)),
      n,
      3,
    ),
    promoted_value: floats(
      each(n * 3, (i) => 3 - (i % 3)),
      n,
      3,
    ),
    suppressed: ints(
      each(n * 3, () => random.integer(0, fake.vocabulary - 1)),
      n,
      3,
    ),
    suppressed_value: floats(
      each(n * 3, (i) => (i % 3) - 3),
      n,
      3,
    ),
    decoder_neighbour: ints(each(n, (f) => [(f + 1) % n, (f + 2) % n]).flat(), n, 2),
    decoder_neighbour_cosine: floats(each(n, () => [0.5, 0.25]).flat(), n, 2),
    encoder_neighbour: ints(each(n, (f) => [(f + 3) % n, (f + 4) % n]).flat(), n, 2),
    encoder_neighbour_cosine: floats(each(n, () => [0.75, 0.5]).flat(), n, 2),
    match: ints(each(n, (f) => others.map((_, i) => (f + i) % n)).flat(), n, others.length),
    match_cosine: floats(each(n, (f) => others.map(() => f / n)).flat(), n, others.length),
    auc: floats(each(n, (f) => [0.5 + f / 100, 0.9 - f / 100]).flat(), n, 2),
    positives: ints([40, 30], 2),
  };
  return Object.entries(tensors).map(([name, tensor]) => ({ name, ...tensor }));
}
