import type { TableData } from './table.ts';
import { html, type Fragment, type Markup } from './viewer/html.ts';

/** An entry of the table of contents. */
export interface Heading {
  readonly id: string;
  readonly title: string;
}

/** A document of the appendix, such as a spec. */
export interface AppendixEntry {
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
}

/** What the sections of one report gather for the parts that follow them. */
export class ReportContext {
  /** Every table that is shown, by its id on the page. */
  readonly tables: Record<string, TableData> = {};
  /** Raw material of the sections, as the embedded data hold it. */
  readonly sections: unknown[] = [];
  readonly headings: Heading[] = [];
  readonly specs: AppendixEntry[] = [];
  readonly provenance: AppendixEntry[] = [];
  /** Metrics that the report prints, for the list of definitions. */
  readonly metrics = new Set<string>();
  warnings = 0;
  #figures = 0;
  #tables = 0;

  /** `Figure 3. …`: a numbered figure with its caption. */
  figure(body: Markup, caption: Fragment): Markup {
    this.#figures += 1;
    return html`<figure id="figure-${this.#figures}">
      ${body}
      <figcaption><b>Figure ${this.#figures}.</b> ${caption}</figcaption>
    </figure> `;
  }

  /** `Table 2. …`: the caption of the next table. */
  tableCaption(caption: Fragment): Markup {
    this.#tables += 1;
    return html`<b>Table ${this.#tables}.</b> ${caption}`;
  }

  /** A table's id, unique on the page; its data go to the embedded data. */
  addTable(id: string, data: TableData): string {
    this.tables[id] = data;
    return id;
  }
}

/** What a rendered section hands to the page. */
export interface RenderedSection {
  readonly body: Markup;
  /** Compressed parts of the embedded data, which follow the section's text. */
  readonly islands: readonly Markup[];
}

/** Sentences on what a section leaves out; nothing where there are none. */
export function notShown(sentences: readonly string[]): Markup {
  if (sentences.length === 0) return html``;
  return html`<aside class="not-shown">
    <h3>What this section does not show</h3>
    <ul>
      ${sentences.map((sentence) => html`<li>${sentence}</li>`)}
    </ul>
  </aside> `;
}
