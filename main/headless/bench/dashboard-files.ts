import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** What SAEDashboard's runner is asked for by default, with Neuronpedia's usual prompts. */
const prompts = 24_576;
const contextTokens = 127;
const vocabulary = 50_257;
const topExamples = 30;
const bands = 5;
const examplesOfBand = 5;
const bars = 50;
const batch = 128;
/** Of the tokens of an example, active: as in dashboards of GPT-2 small. */
const activeShare = 0.03;

/**
 * Writes a folder as SAEDashboard leaves it, `batch-N.json` of 128 features each, with as many examples,
 * tokens and digits as a real one: about 90 kB a feature. The same for the same number of features.
 */
export function writeDashboardFiles(folder: string, features: number): void {
  const random = randomNumbers(7);
  const words = Array.from({ length: vocabulary }, (_, i) => JSON.stringify(wordOf(i)));
  for (let first = 0, file = 0; first < features; first += batch, file++) {
    const fd = openSync(join(folder, `batch-${file}.json`), 'w');
    writeSync(
      fd,
      '{"model_id": "gpt2-small", "layer": 6, "sae_set": "res-bench", "sae_id_suffix": null, "features": [',
    );
    for (let j = first; j < Math.min(features, first + batch); j++)
      writeSync(fd, `${j === first ? '' : ', '}${featureText(j, random, words)}`);
    writeSync(fd, ']}');
    closeSync(fd);
  }
}

function featureText(feature: number, random: () => number, words: readonly string[]): string {
  const max = 1 + 20 * random();
  const heights = Array.from({ length: bars }, (_, i) =>
    Math.floor(2000 * Math.exp(-i / 8) * random()),
  );
  const count = heights.reduce((sum, height) => sum + height, 0);
  const activations: string[] = [];
  for (let i = 0; i < topExamples; i++)
    activations.push(exampleText(-1, max, -1, max * (1 - 0.3 * random()), random, words));
  for (let band = bands - 1; band >= 0; band--)
    for (let i = 0; i < examplesOfBand; i++) {
      const low = (max * band) / bands;
      const high = (max * (band + 1)) / bands;
      activations.push(exampleText(low, high, 0.01, low + (high - low) * random(), random, words));
    }
  const some = (n: number) =>
    Array.from({ length: n }, () => words[Math.floor(vocabulary * random())]!);
  const numbers = (n: number, scale: number) =>
    Array.from({ length: n }, () => fixed(scale * random()));
  const fields: Record<string, string> = {
    feature_index: String(feature),
    neuron_alignment_indices: list(['1', '2', '3']),
    neuron_alignment_values: list(numbers(3, 0.2)),
    neuron_alignment_l1: list(numbers(3, 0.01)),
    correlated_neurons_indices: list(['4', '5', '6']),
    correlated_neurons_l1: list(numbers(3, 0.1)),
    correlated_neurons_pearson: list(numbers(3, 0.1)),
    correlated_features_indices: list([]),
    correlated_features_l1: list([]),
    correlated_features_pearson: list([]),
    neg_str: list(some(10)),
    neg_values: list(numbers(10, -1)),
    pos_str: list(some(10)),
    pos_values: list(numbers(10, 3)),
    frac_nonzero: String(Number((count / (prompts * (contextTokens + 1))).toFixed(5))),
    freq_hist_data_bar_values: list(heights.map((_, i) => fixed(((i + 0.5) * max) / bars))),
    freq_hist_data_bar_heights: list(heights.map(String)),
    logits_hist_data_bar_heights: list(numbers(bars, 9000)),
    logits_hist_data_bar_values: list(numbers(bars, 1)),
    n_prompts_total: String(prompts),
    n_tokens_in_prompt: String(contextTokens + 1),
    dataset: '"monology/pile-uncopyrighted"',
    decoder_weights_dist: list(numbers(12, 0.1)),
    activations: list(activations),
    vector: list([]),
  };
  return `{${Object.entries(fields)
    .map(([name, value]) => `"${name}": ${value}`)
    .join(', ')}}`;
}

/** A prompt is one of those of the whole run: many features show the same. */
function exampleText(
  low: number,
  high: number,
  contains: number,
  value: number,
  random: () => number,
  words: readonly string[],
): string {
  const prompt = Math.floor(prompts * random());
  const at = Math.floor(contextTokens * random());
  const tokens = Array.from(
    { length: contextTokens },
    (_, i) => words[rankOf(((prompt + 1) * 7919 + i * (104_729 + prompt)) % vocabulary)]!,
  );
  const values = tokens.map((_, i) =>
    i === at ? fixed(value) : random() < activeShare ? fixed(value * random()) : '0.0',
  );
  return `{"bin_min": ${fixed(low)}, "bin_max": ${fixed(high)}, "bin_contains": ${contains}, "tokens": ${list(tokens)}, "values": ${list(values)}, "qualifying_token_index": ${at}}`;
}

/** Ranks as they come in text: the n-th most frequent word about 1 / n times as often as the first. */
function rankOf(uniform: number): number {
  return Math.min(vocabulary - 1, Math.floor(vocabulary ** (uniform / vocabulary)) - 1);
}

function list(items: readonly string[]): string {
  return `[${items.join(', ')}]`;
}

function fixed(value: number): string {
  return String(Number(value.toFixed(5)));
}

function wordOf(id: number): string {
  const letters = id.toString(36);
  return id % 3 === 0 ? letters : ` ${letters}`;
}

/** Mulberry32: the same numbers on every machine. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
