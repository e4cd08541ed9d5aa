import { topKNames } from '../../../shared/domain/dictionary.ts';
import { SpecDocument } from './spec-text.ts';

/** Latents that fire for a token, where a spec has not said any yet. */
const firstK = 32;
/** Coefficient of the sparsity where k did its work before. */
const firstSparsity = 1;

/** Fields of a dictionary that belong to some architectures alone. */
const fieldsOf: Readonly<Record<string, (architecture: string) => boolean>> = {
  k: (architecture) => topKNames.includes(architecture),
  prefixes: (architecture) => architecture === 'matryoshka',
  resample: (architecture) => architecture === 'relu',
  bandwidth: (architecture) => architecture === 'jumprelu',
  threshold: (architecture) => architecture === 'jumprelu',
  'auxiliary.k': (architecture) => topKNames.includes(architecture),
  'auxiliary.deadAfter': (architecture) => topKNames.includes(architecture),
  // It means another thing, of another size, for a gate.
  'auxiliary.coefficient': (architecture) => topKNames.includes(architecture),
};

/**
 * The text of a spec with another architecture: without the fields that do not belong to it, and with
 * what it cannot do without. Where k latents fire, a coefficient of the sparsity is not needed.
 */
export function withArchitecture(document: SpecDocument, architecture: string): string {
  const before = String(document.value('dictionary.architecture') ?? 'relu');
  let changed = document;
  let text = '';
  const set = (path: string, value: string | number | undefined) => {
    text = changed.with(path, value);
    changed = new SpecDocument(text);
  };
  set('dictionary.architecture', architecture);
  const misplaced = Object.keys(fieldsOf).filter((field) => !fieldsOf[field]!(architecture));
  for (const path of misplaced.map((field) => `dictionary.${field}`))
    if (changed.has(path)) set(path, undefined);
  const norm = 'objective.sparsity.p';
  if (architecture === 'jumprelu' && changed.has(norm)) set(norm, undefined);
  const [kept, keeps] = [before, architecture].map((name) => topKNames.includes(name));
  if (keeps && !changed.has('dictionary.k')) set('dictionary.k', firstK);
  if (keeps !== kept) set('objective.sparsity.coefficient', keeps ? 0 : firstSparsity);
  return text;
}
