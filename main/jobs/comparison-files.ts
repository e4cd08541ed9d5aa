import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import {
  comparedDictionary,
  comparisonMeasures,
  pairDetail,
  type ComparisonMeasure,
} from '../../shared/domain/comparison.ts';
import { count, id } from '../../shared/domain/schemas.ts';
import { AppError, fileError } from '../../shared/errors.ts';
import { parseStrictJson } from '../formats/strict-json.ts';

/**
 * What a comparison leaves in its job's folder beside the files of job-folder.ts:
 *
 *   comparison.json                         dictionaries, pairs and what held for all of them
 *   pairs/A-B/summary.json                  the figures by measure, written last of the pair's files
 *   pairs/A-B/MEASURE.safetensors           partners of every feature (contract: comparisons.columns)
 *   dictionaries/PLACE.safetensors          every feature of one dictionary (comparisons.features)
 *   activations/PLACE.safetensors           what it was made from, while the job is under way
 *   activations/chunks-PLACE/               of the model whose first dictionary it is, on the way there
 */
export const comparisonSchema = v.object({
  version: v.literal(1),
  id,
  measures: v.array(v.picklist(comparisonMeasures)),
  minimumCount: count,
  tokens: count,
  dictionaries: v.array(comparedDictionary),
  pairs: v.array(v.object({ a: count, b: count })),
});
export type ComparisonFile = v.InferOutput<typeof comparisonSchema>;

export const pairSummarySchema = v.object({
  /** Features of A and of B that reach the minimum count. */
  kept: v.object({ a: count, b: count }),
  /** By measure. */
  measures: v.record(v.string(), pairDetail),
});
export type PairSummary = v.InferOutput<typeof pairSummarySchema>;

interface Pair {
  readonly a: number;
  readonly b: number;
}

/** Inside the job's folder, with forward slashes. */
export const comparisonFiles = {
  comparison: 'comparison.json',
  summary: ({ a, b }: Pair) => `pairs/${a}-${b}/summary.json`,
  columns: ({ a, b }: Pair, measure: ComparisonMeasure) => `pairs/${a}-${b}/${measure}.safetensors`,
  dictionary: (place: number) => `dictionaries/${place}.safetensors`,
  activations: (place: number) => `activations/${place}.safetensors`,
  chunks: (place: number) => `activations/chunks-${place}`,
} as const;

/** comparison.json, or undefined for a job of another kind. @throws AppError `corrupt` */
export function readComparison(folder: string): ComparisonFile | undefined {
  const path = join(folder, comparisonFiles.comparison);
  return existsSync(path) ? readAs(comparisonSchema, path) : undefined;
}

/** The figures of one pair. @throws AppError `not-found`, `corrupt` */
export function readPairSummary(folder: string, pair: Pair): PairSummary {
  return readAs(pairSummarySchema, join(folder, comparisonFiles.summary(pair)));
}

function readAs<Schema extends v.GenericSchema>(schema: Schema, path: string) {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError(error, path);
  }
  const parsed = v.safeParse(schema, parseStrictJson(text, path));
  if (parsed.success) return parsed.output;
  const place = v.getDotPath(parsed.issues[0]) ?? 'top level';
  throw new AppError(
    'corrupt',
    `${path}: ${place}: ${parsed.issues[0].message}. Run the job again.`,
    { file: path, place },
  );
}
