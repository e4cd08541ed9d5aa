import type { StudySectionData } from '../report-data.ts';
import type { RenderedSection, ReportContext } from '../context.ts';
import { html } from '../viewer/html.ts';

export function studySection(
  section: StudySectionData,
  id: string,
  context: ReportContext,
): RenderedSection {
  const title = section.title ?? 'Objectives at equal L0';
  context.sections.push(section);
  context.headings.push({ id, title });
  return { body: html`<section id="${id}"><h2>${title}</h2></section>`, islands: [] };
}
