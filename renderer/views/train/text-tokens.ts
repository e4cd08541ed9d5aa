import type { FoundItem } from '../../../shared/contract/project.ts';
import { packings, type Packing, type TextUnit } from '../../../shared/domain/tokens.ts';

/** How the ways of packing are called where they are chosen. */
const packingNames: Record<Packing, string> = {
  concatenate: 'joined with EOS and cut',
  'transformer-lens': 'as TransformerLens does',
  documents: 'a document a row',
};

export const packingOptions = packings.map((value) => ({ value, label: packingNames[value] }));

export const unitOptions: readonly { value: TextUnit; label: string }[] = [
  { value: 'line', label: 'a line' },
  { value: 'paragraph', label: 'a paragraph' },
  { value: 'file', label: 'the file' },
];

/**
 * What a spec says of tokens that come from a file: text gets rows as long as the model allows, at most
 * 256 tokens, and is joined with EOS.
 */
export function tokensFrom(
  { kind, path }: Pick<FoundItem, 'kind' | 'path'>,
  model: FoundItem | undefined,
): Record<string, unknown> {
  if (kind !== 'text') return { file: path };
  const context = Math.min(256, model?.numbers['context'] ?? 128);
  return { file: path, context, text: { packing: 'concatenate' } };
}
