import type { ErrorJson } from '../../../shared/errors.ts';
import { problemOfField } from './spec-problem.ts';
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

  problemOf(path: string): string | null {
    return problemOfField(this.problem, path, this.document.value(path));
  }
}
