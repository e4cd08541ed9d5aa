import { AppError } from '../../../../shared/errors.ts';
import { openTextPacker, type Packer, type PackState } from '../../../compute/data/packing.ts';
import { asIds, asText, type DocumentRecord } from '../../../formats/token-records.ts';
import type { TokenTask } from './write-tokens.ts';

/** A packer of text, or of lists of ids that are rows already. */
export function openRecordPacker(
  { text, context, vocabulary }: Pick<TokenTask, 'text' | 'context' | 'vocabulary'>,
  before: { readonly context: number; readonly packer: PackState } | undefined,
): Packer<DocumentRecord> {
  const length = context ?? before?.context;
  if (!text) return rowPacker(length, vocabulary, before?.packer);
  const packer = openTextPacker(text.tokenizer, text.pack, length!, before?.packer);
  return { ...packer, add: (record) => packer.add(asText(record)) };
}

/**
 * Lists of ids as they are, all of one length.
 * @throws AppError `shape-mismatch` for another length, `tokenizer-mismatch` for an unknown id.
 */
function rowPacker(
  context: number | undefined,
  vocabulary: number,
  state: PackState | undefined,
): Packer<DocumentRecord> {
  const counts = { ...(state?.counts ?? { documents: 0, empty: 0, short: 0 }) };
  let length = context;
  return {
    counts,
    add(record) {
      const ids = asIds(record);
      const { path: file, place } = record;
      length ??= ids.length;
      if (ids.length !== length || length === 0)
        throw new AppError(
          'shape-mismatch',
          `${file}: at ${place} are ${ids.length} ids, where rows have ${length || 'at least 1'}. Pack the tokens into rows of one length.`,
          { file, place },
        );
      const odd = ids.find((id) => id >= vocabulary);
      if (odd !== undefined)
        throw new AppError(
          'tokenizer-mismatch',
          `${file} has the id ${odd} at ${place}, and the model's vocabulary ends at ${vocabulary - 1}. The tokens were made with another tokenizer.`,
          { file, place },
        );
      counts.documents++;
      return [Int32Array.from(ids)];
    },
    finish: () => [],
    state: () => ({ counts: { ...counts }, pending: [] }),
  };
}
