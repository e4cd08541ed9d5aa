import { Remembered } from '../../state/remembered.svelte.ts';
import type { Router } from '../../state/router.svelte.ts';
import {
  draftOfLink,
  emptyDraft,
  linkNames,
  parseDraft,
  type DraftSection,
  type ReportDraft,
} from './report-draft.ts';

/**
 * The report that is being put together. It is remembered for the project, so that neither going back
 * nor closing the window loses it; what a link asks for comes first.
 */
export class DraftState {
  readonly #router: Router;
  readonly #project: string;
  readonly #remembered = new Remembered<Record<string, ReportDraft>>('reports', {}, (value) =>
    value !== null && typeof value === 'object'
      ? Object.fromEntries(Object.entries(value).map(([id, draft]) => [id, parseDraft(draft)]))
      : {},
  );

  constructor(router: Router, project: string) {
    this.#router = router;
    this.#project = project;
  }

  readonly #linked = $derived.by(() => draftOfLink(this.#router.address.query));

  get #kept(): ReportDraft {
    return this.#remembered.value[this.#project] ?? emptyDraft;
  }

  get draft(): ReportDraft {
    return this.#linked ?? this.#kept;
  }

  /** Sections of the draft before, which a link has put aside. */
  get setAside(): readonly DraftSection[] {
    if (!this.#linked) return [];
    const shown = this.#linked.sections.map((section) => JSON.stringify(section));
    return this.#kept.sections.filter((section) => !shown.includes(JSON.stringify(section)));
  }

  /** Puts the draft before in front of what the link asks for. */
  readonly join = (): void => {
    const title = this.#kept.title || this.draft.title;
    this.set({ title, sections: [...this.setAside, ...this.draft.sections] });
  };

  set(changes: Partial<ReportDraft>): void {
    const draft = { ...this.draft, ...changes };
    this.#remembered.value = { ...this.#remembered.value, [this.#project]: draft };
    if (this.#linked) this.#router.set(Object.fromEntries(linkNames.map((name) => [name, null])));
  }

  setSection(index: number, section: DraftSection): void {
    this.set({ sections: this.draft.sections.map((old, k) => (k === index ? section : old)) });
  }

  readonly clear = (): void => this.set(emptyDraft);
}
