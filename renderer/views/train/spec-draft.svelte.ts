import type { ErrorJson } from '../../../shared/errors.ts';
import { SpecDocument, type FieldValue } from './spec-text.ts';

/** A spec that is being written. Its text is the one truth: the form reads from it and writes into it. */
export class SpecDraft {
  text = $state.raw('');
  readonly document = $derived.by(() => new SpecDocument(this.text));
  /** What the host says is wrong; the page keeps it up to date. */
  problem = $state.raw<ErrorJson | null>(null);

  number(path: string): number | null {
    const value = this.document.value(path);
    return typeof value === 'number' ? value : null;
  }

  words(path: string): string {
    const value = this.document.value(path);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  }

  set(path: string, value: FieldValue | Readonly<Record<string, unknown>> | undefined): void {
    this.text = this.document.with(path, value);
  }

  /** The problem of one field: one that names it, or names the file that it holds. */
  problemOf(path: string): string | null {
    if (!this.problem) return null;
    const { place, file } = this.problem.details;
    const value = this.document.value(path);
    const isNamed = place === path || (path.startsWith(`${String(place)}.`) && place !== undefined);
    const isFile = typeof value === 'string' && value !== '' && endsWithPath(file, value);
    return isNamed || isFile ? problemWords(this.problem) : null;
  }
}

/** Whether a path is a file of the project, or a file inside a folder of it. */
function endsWithPath(file: unknown, name: string): boolean {
  if (typeof file !== 'string') return false;
  return file === name || file.endsWith(`/${name}`) || file.includes(`/${name}/`);
}

/** The sentence without what the form says already: `spec: training.batch: 9 sequences …`. */
export function problemWords({ message, details }: ErrorJson): string {
  let words = message.replace(/^spec: /, '');
  if (details.place !== undefined) words = words.replace(`${details.place}: `, '');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
