import { ReportContext, type RenderedSection } from './context.ts';
import { DataIslands } from './island.ts';
import { renderPage } from './page.ts';
import type { ReportData, ReportSectionData } from './report-data.ts';
import { appendix } from './sections/appendix.ts';
import { evaluationSection } from './sections/evaluation-section.ts';
import { comparisonSection } from './sections/comparison-section.ts';
import { featuresSection } from './sections/features-section.ts';
import { fitSection } from './sections/fit-section.ts';
import { runsSection } from './sections/runs-section.ts';
import { predictionSection } from './sections/prediction-section.ts';
import { stabilitySection } from './sections/stability-section.ts';
import { studySection } from './sections/study-section.ts';
import { textSection } from './sections/text-section.ts';

/**
 * A report as the text of one HTML document. Features are read one at a time and kept only as
 * the cards that are written out and as compressed data, so that memory follows the size of the
 * file, not of the data. Equal data give equal text, whatever the time zone, locale and machine.
 */
export async function renderReport(report: ReportData): Promise<string> {
  const context = new ReportContext();
  const islands = new DataIslands();
  const sections: RenderedSection[] = [];
  for (const [index, section] of report.sections.entries())
    sections.push(await renderSection(section, `s${index + 1}`, context, islands));
  const main = islands.add(
    {
      format: 'assay-report',
      version: 1,
      assay: report.version,
      title: report.title,
      project: report.project,
      tables: context.tables,
      sections: context.sections,
    },
    'report',
  );
  const data = { bytes: islands.bytes, sha256: islands.digest() };
  const body = [...sections.map((section) => section.body), appendix(context, data)];
  const elements = [...sections.flatMap((section) => section.islands), main];
  return renderPage(report, context, { body, islands: elements, data }).markup;
}

async function renderSection(
  section: ReportSectionData,
  id: string,
  context: ReportContext,
  islands: DataIslands,
): Promise<RenderedSection> {
  switch (section.kind) {
    case 'text':
      return textSection(section, id, context);
    case 'runs':
      return runsSection(section, id, context);
    case 'features':
      return featuresSection(section, id, context, islands);
    case 'evaluation':
      return evaluationSection(section, id, context);
    case 'fit':
      return fitSection(section, id, context);
    case 'comparison':
      return comparisonSection(section, id, context);
    case 'stability':
      return stabilitySection(section, id, context);
    case 'prediction':
      return predictionSection(section, id, context);
    case 'study':
      return studySection(section, id, context);
  }
}
