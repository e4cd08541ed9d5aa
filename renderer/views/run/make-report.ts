import type { ReportSection } from '../../../shared/contract/reports.ts';
import type { RunRow } from '../../../shared/contract/runs.ts';
import type { App } from '../../state/app.svelte.ts';

const featuresInReport = 100;

/** A report of runs: metrics, curves and specs, and the most active features of each dictionary. */
export function reportSections(runs: readonly RunRow[]): ReportSection[] {
  const dictionaries = runs.flatMap(({ dictionary }) => dictionary ?? []);
  return [
    { kind: 'runs', runs: runs.map(({ id }) => id) },
    // A report of many runs compares them; features of all would bury that.
    ...(dictionaries.length > 4 ? [] : dictionaries).map((dictionary): ReportSection => ({
      kind: 'features',
      dictionary,
      choice: 'most-active',
      features: [],
      limit: featuresInReport,
    })),
  ];
}

/** Writes a report of runs and goes to it. */
export async function makeReport(app: App, title: string, runs: readonly RunRow[]): Promise<void> {
  const project = app.session?.id;
  if (project === undefined || runs.length === 0) return;
  app.messages.say('Writing the report', { text: title });
  try {
    const report = await app.client.call(
      'reports.create',
      { project, title: title.slice(0, 300), sections: reportSections(runs) },
      { timeout: null },
    );
    app.router.go('reports', [report.id]);
  } catch (error) {
    app.messages.fail('The report could not be written', error);
  }
}
