import { resolve } from 'node:path';
import {
  dashboardFormats,
  exportFormats,
  type ExportFormat,
} from '../../../shared/domain/dictionary-form.ts';
import { AppError } from '../../../shared/errors.ts';
import { exportDashboard } from '../../host/export-dashboard.ts';
import { findDictionary, dictionaryFile } from '../../host/read-features.ts';
import { textValue, type Command } from '../cli/command.ts';
import { tellProgress } from '../tell-progress.ts';
import { askWorker } from './ask-worker.ts';
import { required } from './forward.ts';
import { projectOption, withProject } from './read-project.ts';

export const exportDictionary: Command = {
  name: 'export',
  summary: 'Writes a dictionary of a project in the layout of another tool.',
  parameters: ['ID'],
  options: {
    ...projectOption,
    format: {
      type: 'string',
      value: 'NAME',
      help: [...exportFormats, ...dashboardFormats].join(', '),
    },
    out: { type: 'string', value: 'DIR', help: 'folder to write into; nothing in it is replaced' },
  },
  example: 'assay export dict_0123456789abcdef --format saelens --out layer-6',
  run: async ({ parameters, values, output, signal }) => {
    const name = required(textValue(values, 'format'), '--format');
    const out = resolve(required(textValue(values, 'out'), '--out'));
    const dashboard = dashboardFormats.find((known) => known === name);
    const unit = dashboard ? 'features' : 'bytes';
    const onProgress = tellProgress(output, { phase: 'exporting', unit });
    if (dashboard) {
      const options = { signal, onProgress };
      const exported = await withProject(values, (view) =>
        exportDashboard(view, findDictionary(view, parameters[0]!), dashboard, out, options),
      );
      output.answer(
        exported,
        () => `${exported.features} features in ${exported.files.length} files of ${out}`,
      );
      return;
    }
    const format = formatOf(name);
    const input = await withProject(values, (view) => {
      const found = findDictionary(view, parameters[0]!);
      const { name, hook, model } = found;
      return { dictionary: dictionaryFile(view, found), place: { name, hook, model }, format, out };
    });
    const written = await askWorker('dictionaries.export', input, signal, onProgress);
    for (const warning of written.warnings) output.note(`Warning: ${warning}`);
    output.answer(written, () =>
      written.files
        .map(({ name, bytes }) => `${written.path}/${name} (${bytes.toLocaleString('en')} bytes)`)
        .join('\n'),
    );
  },
};

/** @throws AppError `usage` */
function formatOf(name: string): ExportFormat {
  const format = exportFormats.find((known) => known === name);
  if (format) return format;
  throw new AppError(
    'usage',
    `--format is one of ${[...exportFormats, ...dashboardFormats].join(', ')}, not '${name}'.`,
  );
}
