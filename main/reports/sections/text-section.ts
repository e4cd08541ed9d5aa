import type { ReportContext, RenderedSection } from '../context.ts';
import type { TextSectionData } from '../report-data.ts';
import { html } from '../viewer/html.ts';

/** The author's words as they were written: paragraphs parted by blank lines. */
export function textSection(
  section: TextSectionData,
  id: string,
  context: ReportContext,
): RenderedSection {
  context.sections.push(section);
  context.headings.push({ id, title: section.title });
  const paragraphs = section.text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/^\n+|[ \t\r\n]+$/g, ''))
    .filter((paragraph) => paragraph !== '');
  return {
    body: html`<section id="${id}" class="prose">
      <h2>${section.title}</h2>
      ${paragraphs.map((paragraph) => html`<p>${paragraph}</p>`)}
    </section> `,
    islands: [],
  };
}
