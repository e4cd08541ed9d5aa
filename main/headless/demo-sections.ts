import { join } from 'node:path';
import * as v from 'valibot';
import type { ReportSection } from '../../shared/contract/reports.ts';
import type { RunRow } from '../../shared/contract/runs.ts';
import type { FitDetail, TableDescription } from '../../shared/contract/statistics.ts';
import { AppError } from '../../shared/errors.ts';
import { readJson } from '../formats/documents.ts';

/** What the demo's report holds: the runs, what each dictionary tells of ground truth, and the fit. */
export function demoSections(
  folder: string,
  runs: readonly RunRow[],
  fit: FitDetail,
  table: TableDescription,
): ReportSection[] {
  const dictionaries = runs.flatMap(({ dictionary }) => (dictionary === null ? [] : [dictionary]));
  return [
    { kind: 'text', title: 'What this is', text: about(folder, runs) },
    { kind: 'runs', runs: runs.map(({ id }) => id) },
    ...dictionaries.map((dictionary): ReportSection => ({
      kind: 'features',
      dictionary,
      choice: 'best-per-property',
      features: [],
      limit: 50,
    })),
    { kind: 'text', title: `About ${table.path}`, text: table.note ?? 'The table has no note.' },
    { kind: 'fit', fit: fit.id },
  ];
}

function about(folder: string, runs: readonly RunRow[]): string {
  return `A small language model was trained on made-up stories in which every token has known properties, listed below. ${runs.length} dictionaries that differ in their seed were then trained on ${runs[0]?.hook ?? 'its activations'}, without being told of these properties.

Is a feature real? The tables of ground truth show which properties single features tell on stories that neither the model nor the dictionaries were trained on, and whether every seed found them.

Is a coefficient real? The regression at the end is fitted to a simulated table whose true coefficients are known.

${meanings(folder)}`;
}

const trainingRecord = v.object({
  properties: v.record(v.string(), v.object({ meaning: v.string() })),
});

/** A line for each property: what it means, as recorded where the stories were made. */
function meanings(folder: string): string {
  const path = join(folder, 'model', 'training.json');
  const parsed = v.safeParse(trainingRecord, readJson(path));
  if (!parsed.success)
    throw new AppError('corrupt', `${path} does not say what the properties mean.`, { file: path });
  return Object.entries(parsed.output.properties)
    .map(([name, { meaning }]) => `${name}: ${meaning}`)
    .join('\n');
}
