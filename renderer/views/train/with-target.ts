import { hookName, splitHookName, type HookSite } from '../../../shared/domain/hook-name.ts';
import { SpecDocument } from './spec-text.ts';

/** What a dictionary of the form is: of one activation, or of what the MLP makes of another. */
export type DictionaryKind = 'autoencoder' | 'transcoder';

/** The text of a spec with a dictionary of another kind, in the same block. */
export function withKind(document: SpecDocument, kind: DictionaryKind): string {
  const layer = splitHookName(String(document.value('hook')))?.layer ?? 0;
  const site: HookSite = kind === 'transcoder' ? 'ln2_normalized' : 'mlp_out';
  let changed = new SpecDocument(document.with('hook', hookName(layer, site)));
  const target = kind === 'transcoder' ? hookName(layer, 'mlp_out') : undefined;
  if (target !== undefined || changed.has('target'))
    changed = new SpecDocument(changed.with('target', target));
  const skip = 'dictionary.skip';
  return kind === 'autoencoder' && changed.has(skip) ? changed.with(skip, undefined) : changed.text;
}

/** The text with hook point, and the target of a transcoder, moved to a block. */
export function withBlock(document: SpecDocument, layer: number): string {
  let changed = document;
  for (const field of ['hook', 'target']) {
    const at = splitHookName(String(changed.value(field)));
    if (at || field === 'hook')
      changed = new SpecDocument(changed.with(field, hookName(layer, at?.site ?? 'resid_pre')));
  }
  return changed.text;
}
