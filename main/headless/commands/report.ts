import { resolve } from 'node:path';
import type { ReportSection } from '../../../shared/contract/reports.ts';
import { AppError } from '../../../shared/errors.ts';
import { writeReportOf } from '../../host/report-data.ts';
import { textValue, type Command } from '../cli/command.ts';
import { findPlaces } from '../places.ts';
import { askWorker } from './ask-worker.ts';
import { required } from './forward.ts';
import { projectOption, withProject } from './read-project.ts';

const featuresByDefault = 200;

export const report: Command = {
  name: 'report',
  summary:
    'Writes a report on a run, a dictionary, a comparison, a fit, a stability study or a prediction (its job): one HTML file that needs nothing else.',
  parameters: ['ID'],
  options: {
    ...projectOption,
    out: { type: 'string', value: 'FILE', help: 'HTML file to write' },
    title: { type: 'string', value: 'TEXT', help: 'title of the report' },
  },
  example: 'assay report run_0123456789abcdef --out layer-6.html',
  run: async ({ parameters, values, output, signal }) => {
    const id = parameters[0]!;
    const path = resolve(required(textValue(values, 'out'), '--out'));
    const written = await withProject(values, (view) =>
      writeReportOf(
        view,
        path,
        {
          title: textValue(values, 'title') ?? `${view.name}: ${id}`,
          sections: [sectionOf(id)],
          createdAt: Date.now(),
          version: findPlaces().version,
        },
        ({ spec }) =>
          askWorker('fits.diagnostics', { projectPath: view.path, spec: { ...spec } }, signal),
      ),
    );
    output.answer(written, () => `${written.path} (${written.bytes.toLocaleString('en')} bytes)`);
  },
};

function sectionOf(id: string): ReportSection {
  if (id.startsWith('run_')) return { kind: 'runs', runs: [id] };
  if (id.startsWith('stability_')) return { kind: 'stability', study: id };
  if (id.startsWith('fit_')) return { kind: 'fit', fit: id };
  if (id.startsWith('evl_')) return { kind: 'evaluation', evaluation: id };
  if (id.startsWith('job_')) return { kind: 'prediction', prediction: id };
  if (id.startsWith('cmp_')) return { kind: 'comparison', comparison: id };
  if (id.startsWith('dict_'))
    return {
      kind: 'features',
      dictionary: id,
      choice: 'most-active',
      features: [],
      limit: featuresByDefault,
    };
  throw new AppError(
    'not-found',
    `'${id}' is not the id of a run, a dictionary, a fit, a stability study, the job of a prediction, or a comparison of dictionaries or evaluations.`,
  );
}
