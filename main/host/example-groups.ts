import type { ExampleGroup } from '../../shared/contract/features.ts';
import type { ActiveTokens } from './active-tokens.ts';
import type { FeatureSlice } from './feature-detail.ts';

/** A token, by its row in the token file and its position in the row. */
export interface Place {
  readonly row: number;
  readonly position: number;
}

export type PlacedGroup = Omit<ExampleGroup, 'examples'> & { readonly examples: readonly Place[] };

const randomExamples = 10;
const nearMisses = 10;
const bandNames = ['0–20 %', '20–40 %', '40–60 %', '60–80 %', '80–100 %'];

/**
 * Which examples a feature's page shows. Its strongest activations and samples from five bands of
 * equal width were kept by the job; random ones are drawn from all activations, the same at every
 * visit. Near misses are tokens with the id that the strongest examples share most, on which the
 * feature is silent: they tell a feature of a token from a feature of its context.
 */
export function groupExamples(
  features: FeatureSlice,
  active: ActiveTokens,
  readIds: () => Int32Array,
  context: number,
): PlacedGroup[] {
  const top = readPlaces(features.ints('top'));
  // Of an import, what lies outside of its examples is not known.
  const isPartial = features.reader.metadata.get('activations') === 'examples';
  const from = isPartial ? (features.ints('count')[0] ?? 0) : active.count;
  const groups: PlacedGroup[] = [{ name: 'top', kind: 'top', from, examples: top }];
  groups.push(...readBands(features));
  if (isPartial) return groups;
  const place = (token: number) => ({
    row: Math.floor(token / context),
    position: token % context,
  });
  if (active.count > top.length) {
    const examples = sample(active.tokens, randomExamples).map(place);
    groups.push({ name: 'random', kind: 'random', from: active.count, examples });
  }
  const ids = readIds();
  const shared = mostFrequent(top.map(({ row, position }) => ids[row * context + position]!));
  if (shared !== undefined) {
    const silent = tokensOf(ids, shared).filter((token) => active.at(token) === 0);
    const examples = sample(silent, nearMisses).map(place);
    groups.push({ name: 'near miss', kind: 'near-miss', from: silent.length, examples });
  }
  return groups;
}

/** From the highest band to the lowest. */
function readBands(features: FeatureSlice): PlacedGroup[] {
  const counts = features.ints('quantile_count');
  const all = features.ints('quantile');
  const width = all.length / Math.max(1, counts.length);
  return [...counts]
    .map((from, band): PlacedGroup => {
      const examples = readPlaces(all.subarray(band * width, (band + 1) * width));
      const name = bandNames[band] ?? `band ${band + 1}`;
      return { name, kind: 'quantile', from: Math.max(from, examples.length), examples };
    })
    .reverse()
    .filter(({ examples }) => examples.length > 0);
}

/** Pairs of row and position; -1 where there are fewer than the tensor has room for. */
function readPlaces(pairs: Int32Array): Place[] {
  const places: Place[] = [];
  for (let i = 0; i + 1 < pairs.length; i += 2)
    if (pairs[i]! >= 0) places.push({ row: pairs[i]!, position: pairs[i + 1]! });
  return places;
}

function mostFrequent(values: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

function tokensOf(ids: Int32Array, id: number): Int32Array {
  const found: number[] = [];
  for (let token = 0; token < ids.length; token++) if (ids[token] === id) found.push(token);
  return Int32Array.from(found);
}

/**
 * At most `count` of the values, without repeats, in the order of a fixed shuffle: by the hash of
 * their index (Knuth's multiplicative one), so that the same feature shows the same examples. Near
 * misses of a comma are drawn from a million, so those of the smallest hashes are kept, not sorted out.
 */
function sample(values: Int32Array, count: number): number[] {
  const kept: { readonly hash: number; readonly value: number }[] = [];
  for (let i = 0; i < values.length; i++) {
    const hash = Math.imul(i + 1, 0x9e3779b1) >>> 0;
    if (kept.length === count && hash > kept[count - 1]!.hash) continue;
    const after = kept.findIndex((other) => other.hash > hash);
    kept.splice(after < 0 ? kept.length : after, 0, { hash, value: values[i]! });
    if (kept.length > count) kept.pop();
  }
  return kept.map(({ value }) => value);
}
