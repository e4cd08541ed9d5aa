import * as v from 'valibot';
import { hookPattern } from './hook-name.ts';
import { id } from './schemas.ts';
import { amountSchema, tokensSchema } from './tokens.ts';

const path = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
const positiveInt = v.pipe(v.number(), v.integer(), v.minValue(1));
const file = v.strictObject({ id, file: path });

const dictionarySchema = v.strictObject({
  /** Of a dictionary of the project, whose features are replaced; their labels stay. */
  id,
  /** Its file, relative to the project folder; filled in when the job is submitted. */
  file: v.optional(path),
  /** Hook point, where its file does not say. */
  hook: v.optional(v.pipe(v.string(), v.regex(hookPattern, 'must be a hook point'))),
  /** Dictionaries that its features are matched with; its replicates where not given. */
  siblings: v.optional(v.pipe(v.array(file), v.maxLength(64))),
});

/**
 * Features of dictionaries that exist already, trained here or imported: one pass of the model over the
 * tokens keeps the activations of all of them.
 */
export const featuresSpecSchema = v.strictObject({
  kind: v.literal('features'),
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  dictionaries: v.pipe(v.array(dictionarySchema), v.minLength(1), v.maxLength(64)),
  /** Folder of the model; that of the dictionaries where not given. */
  model: v.optional(path),
  tokens: tokensSchema,
  /** The first sequences of the tokens; all where not given. */
  sequences: v.optional(positiveInt),
  /** Top examples kept for each feature. */
  examples: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200)), 20),
  /** Ground truth per token, as in the features of a training. */
  labels: v.optional(path),
  /** Seed of the sampled examples. */
  seed: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31 - 1)), 0),
  /** What the activations may take on the disk; the job ends where that will not do. */
  disk: v.optional(amountSchema, '20 GB'),
  engine: v.optional(v.picklist(['auto', 'wasm', 'tensorflow', 'reference']), 'auto'),
  /** Threads of the engine; null for all that the machine has. */
  threads: v.optional(
    v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(256))),
    null,
  ),
});
export type FeaturesSpec = v.InferOutput<typeof featuresSpecSchema>;

/** Files that the dictionaries of a spec lie in, siblings included. */
export function dictionaryFilesOf({ dictionaries }: FeaturesSpec): string[] {
  const files = dictionaries.flatMap((one) => [
    ...(one.file === undefined ? [] : [one.file]),
    ...(one.siblings ?? []).map((sibling) => sibling.file),
  ]);
  return [...new Set(files)];
}
