import * as v from 'valibot';

/** What a job reads its tokens from, how text becomes rows of tokens, and where activations are kept. */

const positiveInt = v.pipe(v.number(), v.integer(), v.minValue(1));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(1000));

/**
 * How documents become rows of `context` tokens.
 *
 * - `concatenate`: each document is tokenised by itself and followed by EOS; the stream is cut into
 *   rows, and what is left at the end is dropped. The published pre-tokenised sets are made so.
 * - `transformer-lens`: what `tokenize_and_concatenate` of TransformerLens and e2e_sae does under
 *   datasets' default batches: 1,000 documents at a time are joined with the text of EOS, cut into 20
 *   pieces of equal length (which may cut a word), each tokenised with the tokenizer's special tokens;
 *   the rest of each batch is dropped.
 * - `documents`: one document a row, its first tokens; shorter ones are left out.
 *
 * Empty documents are left out, but for `transformer-lens`.
 */
export const packings = ['concatenate', 'transformer-lens', 'documents'] as const;
export type Packing = (typeof packings)[number];

/** What of a .txt file is a document; as `sample_by` of datasets, which calls the last one `document`. */
export const textUnits = ['line', 'paragraph', 'file'] as const;
export type TextUnit = (typeof textUnits)[number];

export const packSchema = v.strictObject({
  packing: v.optional(v.picklist(packings), 'concatenate'),
  /** Begin each row with BOS, which takes one of its places. */
  bos: v.optional(v.boolean(), false),
  /** Field (JSON Lines) or column (parquet) that holds the text. */
  field: v.optional(name, 'text'),
  /** What of a .txt file is a document. */
  unit: v.optional(v.picklist(textUnits), 'line'),
  /** Rows after which the rest is left unread; all where not given. */
  rows: v.optional(positiveInt),
});
export type PackSpec = v.InferOutput<typeof packSchema>;

/**
 * Rows of token ids [rows, context]: a file, or a folder whose files follow each other in the order of
 * their names. safetensors, npy, parquet and JSON Lines hold ids; with `text`, the text of txt, JSON
 * Lines or parquet is tokenised with the model's tokenizer first.
 */
export const tokensSchema = v.strictObject({
  /** Path of the file or folder, relative to the project folder. */
  file: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
  /** Name of the tensor, column or field with the ids. */
  tensor: v.optional(v.string(), 'input_ids'),
  /** Length of the rows: that they must have or, for text, are given. */
  context: v.optional(positiveInt),
  text: v.optional(packSchema),
});
export type TokensRef = v.InferOutput<typeof tokensSchema>;

const unitBytes = { KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 } as const;
const amount = /^(\d+(?:\.\d+)?) ?(KB|MB|GB|TB)$/;

/**
 * Keeps the activations at hook points on the disk, for further epochs and for other jobs. float32
 * gives the numbers of a job without it, on engines that calculate in float32; float16 rounds them to
 * nearest, from the first time on, so that a job does not depend on what was kept before.
 */
export const activationCacheSchema = v.strictObject({
  dtype: v.optional(v.picklist(['float32', 'float16']), 'float32'),
  /** Most that all kept activations of the project may take together, such as `20 GB`. */
  budget: v.pipe(v.string(), v.regex(amount, 'must be an amount such as 20 GB')),
});
export type ActivationCacheSpec = v.InferOutput<typeof activationCacheSchema>;

/** Bytes of an amount such as `20 GB` (powers of 1,000); NaN for what is none. */
export function bytesOf(text: string): number {
  const [, number, unit] = amount.exec(text) ?? [];
  return Math.floor(Number(number) * unitBytes[unit as keyof typeof unitBytes]);
}

/** What in one reference to tokens cannot hold together. */
export function tokensContradiction(
  { text, context }: TokensRef,
  place: string,
): { place: string; problem: string } | undefined {
  if (!text) return undefined;
  if (context === undefined)
    return { place: `${place}.context`, problem: 'text needs the length of its rows' };
  if (text.bos && context < 2)
    return { place: `${place}.context`, problem: 'leaves no room beside BOS' };
  return undefined;
}
