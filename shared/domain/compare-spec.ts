import * as v from 'valibot';
import { comparisonMeasures } from './comparison.ts';
import type { Problem } from './pathway.ts';
import { engineFields, jobName, naturalInt, path, positiveInt, seed } from './spec-fields.ts';
import { tokensContradiction, tokensSchema } from './tokens.ts';

/** Dictionaries that one comparison may hold, and pairs of them. */
const mostDictionaries = 64;
const mostPairs = 2016;

/** Dictionaries held against each other, pair by pair, on the same tokens. */
export const compareSpecSchema = v.strictObject({
  kind: v.literal('compare'),
  name: jobName,
  /** Ids in the project, or paths of dictionary files relative to the project folder. */
  dictionaries: v.pipe(v.array(path), v.minLength(2), v.maxLength(mostDictionaries)),
  /** Folder of the model, where the files of the dictionaries do not name one of the project. */
  model: v.optional(path),
  /** All dictionaries run on these. */
  tokens: tokensSchema,
  /** The first sequences of the tokens; all where not given. */
  sequences: v.optional(positiveInt),
  /** Activations that a feature needs to count; see `minimumCounts` of comparison.ts. */
  minimumCount: v.optional(v.pipe(naturalInt, v.maxValue(1000)), 10),
  measures: v.optional(v.pipe(v.array(v.picklist(comparisonMeasures)), v.minLength(1)), [
    ...comparisonMeasures,
  ]),
  /** Places of two dictionaries in the list, the pair's A first; or every pair. */
  pairs: v.optional(
    v.union([
      v.literal('all'),
      v.pipe(v.array(v.tuple([naturalInt, naturalInt])), v.minLength(1), v.maxLength(mostPairs)),
    ]),
    'all',
  ),
  /** Of the bootstrap, and of what is drawn for chance. */
  seed: v.optional(seed, 0),
  /** Bootstrap resamples of features; 0 for no intervals. */
  resamples: v.optional(v.pipe(naturalInt, v.maxValue(100_000)), 1000),
  ...engineFields,
});
export type CompareSpec = v.InferOutput<typeof compareSpecSchema>;

/** Whether a dictionary is named by its id in the project; else it is a path. */
export function isDictionaryId(name: string): boolean {
  return /^dict_[0-9a-z]{6,32}$/.test(name);
}

/** Pairs of places in the list of dictionaries, in the order in which they are compared. */
export function comparedPairs({
  dictionaries,
  pairs,
}: Pick<CompareSpec, 'dictionaries' | 'pairs'>): [number, number][] {
  if (pairs !== 'all') return pairs;
  return dictionaries.flatMap((_, a) =>
    dictionaries.slice(a + 1).map((_other, after): [number, number] => [a, a + 1 + after]),
  );
}

/** Fields that are each valid but cannot hold together. */
export function compareContradiction(spec: CompareSpec): Problem | undefined {
  const { dictionaries, measures, pairs, tokens } = spec;
  if (new Set(dictionaries).size !== dictionaries.length)
    return { place: 'dictionaries', problem: 'lists the same dictionary twice' };
  if (new Set(measures).size !== measures.length)
    return { place: 'measures', problem: 'lists the same measure twice' };
  const misread = tokensContradiction(tokens, 'tokens');
  if (misread) return misread;
  if (pairs === 'all') return undefined;
  const seen = new Set<string>();
  for (const [index, [a, b]] of pairs.entries()) {
    const place = `pairs.${index}`;
    const largest = Math.max(a, b);
    if (largest >= dictionaries.length)
      return {
        place,
        problem: `names the place ${largest}, and the last of the list is ${dictionaries.length - 1}`,
      };
    if (a === b) return { place, problem: 'holds a dictionary against itself' };
    const key = `${Math.min(a, b)} ${Math.max(a, b)}`;
    if (seen.has(key)) return { place, problem: 'says a pair that is listed already' };
    seen.add(key);
  }
  return undefined;
}
